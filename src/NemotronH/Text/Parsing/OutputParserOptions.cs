using System.Text.Json;

namespace NemotronH.Text.Parsing;

/// <summary>What a <see cref="ModelOutputParser"/> is to expect.</summary>
public sealed class OutputParserOptions
{
    /// <summary>Whether the prompt ended inside <c>&lt;think&gt;</c>, so that the output begins with reasoning; see <see cref="EndsInReasoning"/>.</summary>
    public bool StartsInReasoning { get; init; }

    /// <summary>
    /// Whether an answer that has neither visible content nor a tool call gives its reasoning as content too. Models at times answer inside the
    /// reasoning, or never close it.
    /// </summary>
    public bool ForceNonemptyContent { get; init; }

    /// <summary>How the model writes tool calls; <see cref="ToolCallFormat.None"/> where the request has no tools.</summary>
    public ToolCallFormat ToolCallFormat { get; init; }

    /// <summary>The request's tools as in OpenAI's chat API: their JSON schemas say of what type the arguments are.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>Whether a prompt ends inside <c>&lt;think&gt;</c>, as chat templates leave it where thinking is on.</summary>
    /// <param name="prompt">The rendered prompt.</param>
    public static bool EndsInReasoning(string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return prompt.AsSpan().TrimEnd().EndsWith(Tags.ThinkOpen, StringComparison.Ordinal);
    }
}
