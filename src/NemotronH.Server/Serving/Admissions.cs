using NemotronH.Server.Errors;

namespace NemotronH.Server.Serving;

/// <summary>Counts the requests that the model works for, and lets no more in once the server is to stop.</summary>
internal sealed class Admissions : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private bool _isClosed;

    /// <summary>Whether requests are let in.</summary>
    internal bool IsOpen => !Volatile.Read(ref _isClosed);

    /// <summary>Cancelled when what still runs must end.</summary>
    internal CancellationToken End => _end.Token;

    /// <summary>Lets a request in.</summary>
    /// <param name="aborted">Cancelled when nobody listens to its answer any more.</param>
    /// <returns>The admission; disposed of when the request is answered.</returns>
    /// <exception cref="ApiException">The server is to stop: 503.</exception>
    internal Admission Enter(CancellationToken aborted)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                throw ApiException.Stopping();
            }

            var admission = new Admission(this, aborted);
            _count++;
            return admission;
        }
    }

    /// <summary>Lets no more in and waits for those inside; at the limit their answers are cut off.</summary>
    /// <returns>How many were.</returns>
    internal async Task<int> CloseAsync(TimeSpan limit)
    {
        lock (_lock)
        {
            _isClosed = true;
            SetIfEmpty();
        }

        try
        {
            await _empty.Task.WaitAsync(limit);
            return 0;
        }
        catch (TimeoutException)
        {
            int left = Volatile.Read(ref _count);
            await _end.CancelAsync();
            return left;
        }
    }

    /// <summary>A request has been answered.</summary>
    internal void Leave()
    {
        lock (_lock)
        {
            _count--;
            SetIfEmpty();
        }
    }

    public void Dispose() => _end.Dispose();

    private void SetIfEmpty()
    {
        if (_isClosed && _count == 0)
        {
            _empty.TrySetResult();
        }
    }
}
