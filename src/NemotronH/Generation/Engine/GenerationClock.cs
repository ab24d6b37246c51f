using System.Diagnostics;

namespace NemotronH.Generation;

/// <summary>Notes when a request came, was given a slot, and got its tokens; written by the engine's thread, read by any.</summary>
internal sealed class GenerationClock
{
    private readonly long _submitted = Stopwatch.GetTimestamp();
    private long _started;
    private long _first;
    private long _last;

    /// <summary>What passed so far; what has not ended yet counts up to now.</summary>
    public EngineTimings Timings
    {
        get
        {
            long now = Stopwatch.GetTimestamp();
            (long started, long first, long last) = (Volatile.Read(ref _started), Volatile.Read(ref _first), Volatile.Read(ref _last));
            return new EngineTimings(
                Stopwatch.GetElapsedTime(_submitted, started == 0 ? now : started),
                started == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(started, first == 0 ? now : first),
                first == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(first, Math.Max(first, last)));
        }
    }

    /// <summary>Notes that the request has a slot.</summary>
    public void Start() => Volatile.Write(ref _started, Stopwatch.GetTimestamp());

    /// <summary>Notes a token.</summary>
    public void Token()
    {
        long now = Stopwatch.GetTimestamp();
        if (_first == 0)
        {
            Volatile.Write(ref _first, now);
        }

        Volatile.Write(ref _last, now);
    }
}
