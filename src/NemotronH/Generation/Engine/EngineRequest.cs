namespace NemotronH.Generation;

/// <summary>A prompt to continue, and how.</summary>
public sealed record EngineRequest
{
    /// <summary>Token ids of the prompt, at least one.</summary>
    public required IReadOnlyList<int> PromptIds { get; init; }

    /// <summary>What to generate and when to stop.</summary>
    public GenerationOptions Options { get; init; } = new();

    /// <summary>Restricts the tokens; serves this request only.</summary>
    public TokenConstraint? Constraint { get; init; }

    /// <summary>
    /// How many of the most likely tokens come with each generated one, with their log-probabilities; 0 gives that of the chosen token alone, −1
    /// gives none.
    /// </summary>
    public int TopLogProbs { get; init; } = -1;

    /// <summary>
    /// Whether <see cref="EngineGeneration.PromptLogProbs"/> is wanted; with as many alternatives as <see cref="TopLogProbs"/> says. Such a prompt is
    /// computed in full, whatever the prefix cache holds.
    /// </summary>
    public bool PromptLogProbs { get; init; }

    /// <summary>
    /// Positions in the prompt (numbers of tokens before them) at which its state is worth keeping for prompts that begin alike, such as the ends of chat
    /// messages. The engine keeps some of them; without any it keeps the state after the whole prompt.
    /// </summary>
    public IReadOnlyList<int> PrefixBorders { get; init; } = [];
}
