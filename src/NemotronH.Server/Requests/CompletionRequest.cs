namespace NemotronH.Server.Requests;

/// <summary>A request to <c>/v1/completions</c>, checked.</summary>
internal sealed record CompletionRequest
{
    /// <summary>The model that is asked for, if one is.</summary>
    public string? Model { get; init; }

    /// <summary>What is to be continued, each on its own.</summary>
    public required IReadOnlyList<Prompt> Prompts { get; init; }

    /// <summary>How tokens are chosen.</summary>
    public required SamplingParameters Sampling { get; init; }

    /// <summary>How many answers to each prompt.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>Whether and how the answer is streamed.</summary>
    public required StreamParameters Stream { get; init; }

    /// <summary>How many likely tokens to tell at each place; <see langword="null"/> for no probabilities.</summary>
    public int? TopLogProbs { get; init; }

    /// <summary>Whether the answer begins with the prompt.</summary>
    public bool Echo { get; init; }
}
