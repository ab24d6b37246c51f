using System.Collections.Immutable;

namespace NemotronH.Configuration;

/// <summary>What a model's <c>generation_config.json</c> proposes for sampling; null where it proposes nothing.</summary>
public sealed record GenerationDefaults
{
    /// <summary>Whether to sample; greedy where false.</summary>
    public bool? DoSample { get; init; }

    /// <summary>Divisor of the logits, at least 0; 0 means greedy.</summary>
    public double? Temperature { get; init; }

    /// <summary>Probability mass of the nucleus, above 0 and at most 1.</summary>
    public double? TopP { get; init; }

    /// <summary>Number of most likely tokens that stay; 0 means all.</summary>
    public int? TopK { get; init; }

    /// <summary>Least probability relative to the likeliest token's, from 0 to 1.</summary>
    public double? MinP { get; init; }

    /// <summary>Factor against tokens that occurred, above 0; 1 means none.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Longest continuation in tokens.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Id of the token that begins a text.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Ids that end a text; empty where the file names none.</summary>
    public ImmutableArray<int> EosTokenIds { get; init; } = [];

    /// <summary>Id of the padding token.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>The ids that end a text: those of the generation defaults where they name any, else those of the configuration.</summary>
    /// <param name="defaults">The generation defaults, if the model has any.</param>
    /// <param name="config">The model's configuration.</param>
    /// <returns>The ids; empty where neither file names any.</returns>
    /// <remarks>
    /// Nemotron 3 names only <c>&lt;/s&gt;</c> in its configuration; that a turn ends at <c>&lt;|im_end|&gt;</c> stands in its generation defaults.
    /// </remarks>
    public static ImmutableArray<int> ResolveEosTokenIds(GenerationDefaults? defaults, NemotronHConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return defaults is { EosTokenIds.IsEmpty: false } ? defaults.EosTokenIds : config.EosTokenIds;
    }
}
