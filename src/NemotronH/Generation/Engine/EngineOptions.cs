using Microsoft.Extensions.Logging;

namespace NemotronH.Generation;

/// <summary>How an <see cref="InferenceEngine"/> loads its model and shares it among requests.</summary>
public sealed record EngineOptions
{
    /// <summary>Sequences that run at once, unless told otherwise.</summary>
    public const int DefaultMaxSequences = 16;

    /// <summary>Requests that may wait, unless told otherwise.</summary>
    public const int DefaultQueueLimit = 256;

    /// <summary>Bytes of kept prefixes, unless told otherwise: 1 GiB.</summary>
    public const long DefaultPrefixCacheBytes = 1L << 30;

    /// <summary>
    /// How the model is loaded and run. <see cref="MaxSequences"/> and <see cref="PrefillChunk"/> of the engine take the place of the model's own.
    /// </summary>
    public ModelOptions Model { get; init; } = new();

    /// <summary>
    /// Most sequences that run at once; fewer where memory allows no more, which is logged before weights are loaded. A request is promised memory for its
    /// prompt and its <see cref="GenerationOptions.MaxTokens"/>, one without that limit for the whole context: such requests may wait while slots are free.
    /// </summary>
    public int MaxSequences { get; init; } = DefaultMaxSequences;

    /// <summary>Most requests that wait for a slot; more are refused with <see cref="EngineBusyException"/>.</summary>
    public int QueueLimit { get; init; } = DefaultQueueLimit;

    /// <summary>Most prompt tokens per step, shared by all prompts under way; decoding goes on between the steps.</summary>
    public int PrefillChunk { get; init; } = 512;

    /// <summary>
    /// Bytes for the attention keys and values and the Mamba states of running sequences; <see langword="null"/> takes what they can use at most or, if
    /// that is less, most of the memory that the weights leave.
    /// </summary>
    public long? CacheBytes { get; init; }

    /// <summary>
    /// Bytes for Mamba states that are kept to continue from, for prompts that begin like earlier ones; 0 turns the prefix cache off. The keys and
    /// values that belong to them lie in pages that running sequences leave free.
    /// </summary>
    public long PrefixCacheBytes { get; init; } = DefaultPrefixCacheBytes;

    /// <summary>Where the engine logs; <see langword="null"/> logs nothing.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="NemotronHException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        Check(MaxSequences >= 1, "the number of sequences", MaxSequences, "at least 1");
        Check(QueueLimit >= 0, "the queue limit", QueueLimit, "0 or more");
        Check(PrefillChunk >= 1, "the prefill chunk", PrefillChunk, "at least 1");
        Check(CacheBytes is null or > 0, "the number of cache bytes", CacheBytes, "more than 0");
        Check(PrefixCacheBytes >= 0, "the number of prefix cache bytes", PrefixCacheBytes, "0 or more");

        static void Check(bool valid, string name, long? value, string expected)
        {
            if (!valid)
            {
                throw new NemotronHException($"{name} is {value}; expected {expected}");
            }
        }
    }
}
