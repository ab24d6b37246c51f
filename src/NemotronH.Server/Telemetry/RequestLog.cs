using Microsoft.Extensions.Logging;

namespace NemotronH.Server.Telemetry;

/// <summary>What the server logs of requests: numbers; texts only where the operator asked for them.</summary>
internal static partial class RequestLog
{
    /// <summary>A request was answered, or its client has gone.</summary>
    internal static void Answered(ILogger logger, RequestSummary summary) => Answered(
        logger,
        summary.Path,
        summary.Id,
        summary.Usage.PromptTokens,
        summary.Usage.PromptTokensDetails?.CachedTokens ?? 0,
        summary.Usage.CompletionTokens,
        string.Join(',', summary.Reasons.Select(reason => reason ?? "abort")),
        summary.TimeToFirstToken * 1000,
        summary.Duration.TotalMilliseconds);

    /// <summary>The text of a request.</summary>
    [LoggerMessage(LogLevel.Information, "{Id} asks {Text}")]
    internal static partial void Asked(ILogger logger, string id, string text);

    /// <summary>The text of an answer.</summary>
    [LoggerMessage(LogLevel.Information, "{Id} is answered {Text}")]
    internal static partial void Said(ILogger logger, string id, string text);

    /// <summary>An answer ended with an error after it had begun.</summary>
    [LoggerMessage(LogLevel.Error, "the answer to {Id} broke off")]
    internal static partial void Broke(ILogger logger, Exception failure, string id);

    [LoggerMessage(
        LogLevel.Information,
        "{Path} {Id}: {PromptTokens} prompt tokens ({CachedTokens} cached), {CompletionTokens} generated, {FinishReasons}; "
            + "first after {FirstTokenMs:0} ms, all after {DurationMs:0} ms")]
    private static partial void Answered(
        ILogger logger,
        string path,
        string id,
        int promptTokens,
        int cachedTokens,
        int completionTokens,
        string finishReasons,
        double? firstTokenMs,
        double durationMs);
}
