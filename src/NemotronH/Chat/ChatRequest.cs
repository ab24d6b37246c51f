using System.Text.Json;
using NemotronH.Generation;
using NemotronH.Generation.Constraints;

namespace NemotronH.Chat;

/// <summary>A conversation to go on with, in the words of OpenAI's chat API.</summary>
public sealed record ChatRequest
{
    /// <summary>A list of messages.</summary>
    public required JsonElement Messages { get; init; }

    /// <summary>A list of tools, each <c>{"type": "function", "function": {...}}</c>; <see langword="null"/> for none.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>What the model may do with the tools.</summary>
    public ToolChoice ToolChoice { get; init; } = ToolChoice.Auto;

    /// <summary>Whether the model may call several tools at once; otherwise its answer ends with the first call.</summary>
    public bool AllowMultipleToolCalls { get; init; } = true;

    /// <summary>Further variables of the template, such as <c>enable_thinking</c>; <see langword="null"/> for none.</summary>
    public JsonElement? TemplateArguments { get; init; }

    /// <summary>What the answer must look like, its reasoning aside; <see langword="null"/> for any text. A tool may be called instead.</summary>
    public JsonGrammar? ResponseFormat { get; init; }

    /// <summary>Whether an answer without visible content gives its reasoning as content.</summary>
    public bool ForceNonemptyContent { get; init; }

    /// <summary>How to generate and when to stop.</summary>
    public GenerationOptions Options { get; init; } = new();

    /// <summary>See <see cref="EngineRequest.TopLogProbs"/>.</summary>
    public int TopLogProbs { get; init; } = -1;
}
