using System.Diagnostics;
using NemotronH.Generation;

namespace NemotronH.Server.Telemetry;

/// <summary>Measures one answer, by the engine's clock: how fast a client reads changes nothing.</summary>
/// <param name="metrics">Where the figures go.</param>
/// <param name="operation">What OpenTelemetry calls the kind of request.</param>
/// <param name="arrived">When the request came, by <see cref="Stopwatch.GetTimestamp"/>.</param>
internal sealed class AnswerMeter(ServerMetrics metrics, string operation, long arrived)
{
    /// <summary>The reason of an answer that was cut off.</summary>
    internal const string Aborted = "abort";

    private readonly TimeSpan _prepared = Stopwatch.GetElapsedTime(arrived);
    private int _tokens;

    /// <summary>Seconds from the arrival to the first token; <see langword="null"/> before it.</summary>
    internal double? TimeToFirstToken { get; private set; }

    /// <summary>A token was read.</summary>
    /// <param name="timings">How long the engine worked for the answer.</param>
    internal void Token(EngineTimings timings)
    {
        if (_tokens++ == 0)
        {
            TimeToFirstToken = (_prepared + timings.Queued + timings.Prefill).TotalSeconds;
            metrics.ObserveFirstToken(TimeToFirstToken.Value, operation);
        }
    }

    /// <summary>The answer ended.</summary>
    /// <param name="reason">Why; <see langword="null"/> where it was cut off.</param>
    /// <param name="usage">Its tokens.</param>
    /// <param name="timings">How long the engine worked for it.</param>
    internal void End(string? reason, GenerationUsage usage, EngineTimings timings)
    {
        int further = Math.Max(0, usage.CompletionTokens - 1);
        double? perToken = further > 0 ? timings.Decode.TotalSeconds / further : null;
        TimeSpan all = _prepared + timings.Queued + timings.Prefill + timings.Decode;
        metrics.ObserveEnd(all.TotalSeconds, perToken, operation, reason ?? Aborted);
        metrics.InterTokenLatency.Observe(perToken ?? 0, further);
        metrics.PromptTokens.Observe(usage.PromptTokens);
        metrics.GenerationTokens.Observe(usage.CompletionTokens);
        metrics.Queued.Observe(timings.Queued.TotalSeconds);
        metrics.Prefill.Observe(timings.Prefill.TotalSeconds);
        metrics.Decode.Observe(timings.Decode.TotalSeconds);
        metrics.Inference.Observe((timings.Prefill + timings.Decode).TotalSeconds);
    }
}
