using Microsoft.Extensions.Logging;

namespace NemotronH.Generation;

/// <summary>What the engine logs.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(1, LogLevel.Warning, "{Notice}")]
    public static partial void Clamped(ILogger logger, string notice);

    [LoggerMessage(2, LogLevel.Information, "{Model} is loaded: {Sequences} sequences at once, {Context} tokens each at most, {Pages} pages of {PageSize} tokens")]
    public static partial void Loaded(ILogger logger, string model, int sequences, int context, int pages, int pageSize);

    [LoggerMessage(5, LogLevel.Information, "{Memory}")]
    public static partial void Planned(ILogger logger, ModelMemory memory);

    [LoggerMessage(4, LogLevel.Warning, "{Note}; tokens are decoded without recorded steps, which is slower")]
    public static partial void NotRecorded(ILogger logger, string note);

    [LoggerMessage(3, LogLevel.Error, "The engine has failed and takes no more requests")]
    public static partial void Failed(ILogger logger, Exception failure);
}
