namespace NemotronH.Kernels.Cuda;

/// <summary>Notes the kernels that the calling thread launches, while it is open: to launch each of them again by itself and time it.</summary>
public sealed class LaunchLog : IDisposable
{
    [ThreadStatic]
    private static LaunchLog? _current;

    private readonly List<LoggedLaunch> _launches = [];

    private LaunchLog()
    {
    }

    /// <summary>What was launched so far, in order.</summary>
    public IReadOnlyList<LoggedLaunch> Launches => _launches;

    internal static LaunchLog? Current => _current;

    /// <summary>Opens a log for the calling thread, which has none open.</summary>
    /// <returns>The log; disposed of on the same thread.</returns>
    public static LaunchLog Open()
    {
        if (_current is not null)
        {
            throw new InvalidOperationException("The thread's launches are being logged already.");
        }

        return _current = new LaunchLog();
    }

    /// <summary>Notes no more; what was noted stays.</summary>
    public void Dispose() => _current = null;

    internal void Add(LoggedLaunch launch) => _launches.Add(launch);
}
