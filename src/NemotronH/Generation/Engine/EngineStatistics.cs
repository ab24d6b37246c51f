namespace NemotronH.Generation;

/// <summary>What an <see cref="InferenceEngine"/> is doing and has done: a snapshot.</summary>
public sealed record EngineStatistics
{
    /// <summary>Sequences that hold a slot.</summary>
    public int Running { get; init; }

    /// <summary>Requests that wait for one.</summary>
    public int Waiting { get; init; }

    /// <summary>Slots that no sequence holds.</summary>
    public int FreeSlots { get; init; }

    /// <summary>Pages of attention keys and values that running sequences or the prefix cache hold.</summary>
    public int UsedPages { get; init; }

    /// <summary>Pages there are.</summary>
    public int TotalPages { get; init; }

    /// <summary>Tokens per page.</summary>
    public int PageSize { get; init; }

    /// <summary>Requests that ended by themselves, were cancelled or failed, since the start.</summary>
    public long FinishedRequests { get; init; }

    /// <summary>Those that were cancelled.</summary>
    public long CancelledRequests { get; init; }

    /// <summary>Those that failed.</summary>
    public long FailedRequests { get; init; }

    /// <summary>Tokens of all prompts that were given a slot: the cached and those to prefill.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Prompt tokens whose state came from the prefix cache.</summary>
    public long CachedTokens { get; init; }

    /// <summary>Prompt tokens that were computed.</summary>
    public long PrefilledTokens { get; init; }

    /// <summary>Tokens generated.</summary>
    public long GeneratedTokens { get; init; }

    /// <summary>Decode steps; <see cref="GeneratedTokens"/> over this tells how full the batches were.</summary>
    public long DecodeSteps { get; init; }

    /// <summary>States that the prefix cache holds.</summary>
    public int PrefixCacheEntries { get; init; }

    /// <summary>States that it gave up for others, or for pages that running sequences needed.</summary>
    public long PrefixCacheEvictions { get; init; }

    /// <summary>Bytes of these states and of the pages that they keep.</summary>
    public long PrefixCacheBytes { get; init; }
}
