using NemotronH.Caching;

namespace NemotronH.Generation.Recorded;

/// <summary>A sequence that takes a row of decode steps.</summary>
/// <param name="Sequence">Its place in the caches.</param>
/// <param name="Token">The token to decode.</param>
internal sealed record DecodeRow(CachedSequence Sequence, int Token)
{
    /// <summary>End tokens that the device looks for; whoever gets the tokens looks for any more.</summary>
    public const int MaxEndTokens = 8;

    /// <summary>How its tokens are chosen; penalties, bias and constraints are the host's.</summary>
    public SamplingOptions Sampling { get; init; } = SamplingOptions.Greedy;

    /// <summary>Seed of its random numbers.</summary>
    public ulong Seed { get; init; }

    /// <summary>Random numbers that it has drawn.</summary>
    public long Draws { get; init; }

    /// <summary>Tokens that end it.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>Length, prompt and generated tokens, at which it ends.</summary>
    public int Limit { get; init; } = int.MaxValue;
}
