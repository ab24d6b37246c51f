using NemotronH.Caching;

namespace NemotronH.Generation;

/// <summary>What the engine's thread counts; others see it through snapshots.</summary>
internal sealed class EngineCounters
{
    private volatile EngineStatistics _published = new();

    /// <summary>Requests that ended in any way.</summary>
    public long Finished { get; set; }

    /// <summary>Requests that were cancelled.</summary>
    public long Cancelled { get; set; }

    /// <summary>Requests that failed.</summary>
    public long Failed { get; set; }

    /// <summary>Tokens of admitted prompts.</summary>
    public long Prompt { get; set; }

    /// <summary>Those that came from the prefix cache.</summary>
    public long Cached { get; set; }

    /// <summary>Prompt tokens computed.</summary>
    public long Prefilled { get; set; }

    /// <summary>Tokens generated.</summary>
    public long Generated { get; set; }

    /// <summary>Decode steps whose tokens were read.</summary>
    public long Steps { get; set; }

    /// <summary>The last snapshot.</summary>
    public EngineStatistics Published => _published;

    /// <summary>Takes a snapshot.</summary>
    public void Publish(int running, ModelCache cache, PrefixCache prefixes) => _published = new EngineStatistics
    {
        Running = running,
        FreeSlots = cache.FreeSlots,
        UsedPages = cache.UsablePages - cache.FreePages,
        TotalPages = cache.UsablePages,
        PageSize = cache.Options.PageSize,
        FinishedRequests = Finished,
        CancelledRequests = Cancelled,
        FailedRequests = Failed,
        PromptTokens = Prompt,
        CachedTokens = Cached,
        PrefilledTokens = Prefilled,
        GeneratedTokens = Generated,
        DecodeSteps = Steps,
        PrefixCacheEntries = prefixes.Count,
        PrefixCacheEvictions = prefixes.Evictions,
        PrefixCacheBytes = prefixes.Bytes,
    };
}
