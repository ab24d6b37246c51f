using NemotronH.Caching;

namespace NemotronH.Generation.Recorded;

/// <summary>A sequence whose tokens a device chooses, as the host knows it.</summary>
internal interface IDecodedSequence
{
    /// <summary>Its place in the caches; its length counts the steps that are queued.</summary>
    CachedSequence Cached { get; }

    /// <summary>How its tokens are chosen, and how many random numbers it has drawn.</summary>
    Sampler Sampler { get; }

    /// <summary>The last token that the host knows.</summary>
    int LastToken { get; }

    /// <summary>Tokens that end it.</summary>
    IReadOnlyList<int> EndTokens { get; }

    /// <summary>Length, prompt and generated tokens, at which it ends.</summary>
    int LengthLimit { get; }

    /// <summary>Whether its tokens are still wanted; once it is not, its place in the caches may be another's.</summary>
    bool IsRunning { get; }
}
