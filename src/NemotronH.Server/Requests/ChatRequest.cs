using System.Text.Json;
using NemotronH.Chat;

namespace NemotronH.Server.Requests;

/// <summary>A request to <c>/v1/chat/completions</c>, checked. Its elements live as long as the document they are from.</summary>
internal sealed record ChatRequest : IGenerationRequest
{
    /// <inheritdoc/>
    public string? Model { get; init; }

    /// <summary>A list of messages in the form that chat templates take: contents are texts.</summary>
    public required JsonElement Messages { get; init; }

    /// <summary>A list of tools; <see langword="null"/> for none.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>Whether tools may or must be called.</summary>
    public required ToolChoice ToolChoice { get; init; }

    /// <summary>Whether one answer may call several tools.</summary>
    public bool ParallelToolCalls { get; init; } = true;

    /// <summary>The form of the answer.</summary>
    public required ResponseFormat ResponseFormat { get; init; }

    /// <summary>How tokens are chosen.</summary>
    public required SamplingParameters Sampling { get; init; }

    /// <inheritdoc/>
    public int Choices { get; init; } = 1;

    /// <inheritdoc/>
    public int Answers => Choices;

    /// <inheritdoc/>
    public required StreamParameters Stream { get; init; }

    /// <summary>Most likely tokens to tell at each place, 0 for the chosen one alone; <see langword="null"/> for none at all.</summary>
    public int? TopLogProbs { get; init; }

    /// <summary>Further variables of the chat template, such as <c>enable_thinking</c>.</summary>
    public JsonElement? TemplateArguments { get; init; }
}
