using System.Diagnostics;
using NemotronH.Generation;

namespace NemotronH.Server.Telemetry;

/// <summary>Measures one answer.</summary>
/// <param name="metrics">Where the figures go.</param>
/// <param name="operation">What OpenTelemetry calls the kind of request.</param>
/// <param name="arrived">When the request came, by <see cref="Stopwatch.GetTimestamp"/>.</param>
internal sealed class AnswerMeter(ServerMetrics metrics, string operation, long arrived)
{
    private const string Aborted = "abort";

    private long _last;
    private int _tokens;

    /// <summary>Seconds from the arrival to the first token; <see langword="null"/> before it.</summary>
    internal double? TimeToFirstToken { get; private set; }

    /// <summary>A token came.</summary>
    internal void Token()
    {
        long now = Stopwatch.GetTimestamp();
        if (_tokens++ == 0)
        {
            TimeToFirstToken = Stopwatch.GetElapsedTime(arrived, now).TotalSeconds;
            metrics.ObserveFirstToken(TimeToFirstToken.Value, operation);
        }
        else
        {
            metrics.ObserveToken(Stopwatch.GetElapsedTime(_last, now).TotalSeconds);
        }

        _last = now;
    }

    /// <summary>The answer ended.</summary>
    /// <param name="reason">Why; <see langword="null"/> where it was cut off.</param>
    /// <param name="usage">Its tokens.</param>
    /// <param name="timings">How long the engine worked for it.</param>
    internal void End(string? reason, GenerationUsage usage, EngineTimings timings)
    {
        double? perToken = _tokens > 1 ? timings.Decode.TotalSeconds / (_tokens - 1) : null;
        metrics.ObserveEnd(Stopwatch.GetElapsedTime(arrived).TotalSeconds, perToken, operation, reason ?? Aborted);
        metrics.PromptTokens.Observe(usage.PromptTokens);
        metrics.GenerationTokens.Observe(usage.CompletionTokens);
        metrics.Queued.Observe(timings.Queued.TotalSeconds);
        metrics.Prefill.Observe(timings.Prefill.TotalSeconds);
        metrics.Decode.Observe(timings.Decode.TotalSeconds);
        metrics.Inference.Observe((timings.Prefill + timings.Decode).TotalSeconds);
    }
}
