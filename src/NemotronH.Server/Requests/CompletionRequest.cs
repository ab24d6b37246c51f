namespace NemotronH.Server.Requests;

/// <summary>A request to <c>/v1/completions</c>, checked.</summary>
internal sealed record CompletionRequest : IGenerationRequest
{
    /// <inheritdoc/>
    public string? Model { get; init; }

    /// <summary>What is to be continued, each on its own.</summary>
    public required IReadOnlyList<Prompt> Prompts { get; init; }

    /// <summary>How tokens are chosen.</summary>
    public required SamplingParameters Sampling { get; init; }

    /// <inheritdoc/>
    public int Choices { get; init; } = 1;

    /// <inheritdoc/>
    public int Answers => Prompts.Count * Choices;

    /// <inheritdoc/>
    public required StreamParameters Stream { get; init; }

    /// <summary>How many likely tokens to tell at each place; <see langword="null"/> for no probabilities.</summary>
    public int? TopLogProbs { get; init; }

    /// <summary>Whether the answer begins with the prompt.</summary>
    public bool Echo { get; init; }
}
