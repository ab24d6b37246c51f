using System.Runtime.InteropServices;

namespace NemotronH.Cli;

/// <summary>
/// Turns the first Ctrl-C or SIGTERM into a cancellation, so that what was begun is cleaned up; the second ends the program at once. A command that
/// has something smaller to stop diverts a Ctrl-C to that.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _source = new();
    private PosixSignalRegistration[] _registrations = [];
    private Action? _diversion;

    /// <summary>Cancelled by the first signal that nothing was diverted from.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Listens to the signals of this process.</summary>
    public static Interruption OfProcess()
    {
        var interruption = new Interruption();
        interruption._registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = interruption.Interrupt()),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => context.Cancel = interruption.Terminate()),
        ];
        return interruption;
    }

    /// <summary>Has the next Ctrl-C do something else than end the program; only the next, so that a person who insists gets out.</summary>
    /// <param name="stop">What it does; must not block.</param>
    /// <returns>Ends the diversion; <paramref name="stop"/> is not called afterwards.</returns>
    public IDisposable Divert(Action stop)
    {
        lock (_gate)
        {
            _diversion = stop;
        }

        return new Diversion(this);
    }

    /// <summary>What a Ctrl-C does.</summary>
    /// <returns>Whether the program goes on, be it only to clean up.</returns>
    public bool Interrupt()
    {
        lock (_gate)
        {
            if (_diversion is { } stop)
            {
                _diversion = null;
                stop();
                return true;
            }
        }

        return Terminate();
    }

    public void Dispose()
    {
        Array.ForEach(_registrations, registration => registration.Dispose());
        _source.Dispose();
    }

    private bool Terminate()
    {
        bool isFirst = !_source.IsCancellationRequested;
        _source.Cancel();
        return isFirst;
    }

    private sealed class Diversion(Interruption owner) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate)
            {
                owner._diversion = null;
            }
        }
    }
}
