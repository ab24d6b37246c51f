namespace NemotronH.Text.Parsing;

/// <summary>All that a model said in one turn.</summary>
/// <param name="Reasoning">Its reasoning, or <see langword="null"/> where there is none.</param>
/// <param name="Content">Its visible answer; may be empty.</param>
/// <param name="ToolCalls">Its tool calls, in order.</param>
public sealed record ModelOutput(string? Reasoning, string Content, IReadOnlyList<ToolCall> ToolCalls)
{
    /// <summary>Puts events together.</summary>
    /// <param name="events">All events of one output, in order.</param>
    public static ModelOutput From(IEnumerable<OutputEvent> events)
    {
        List<OutputEvent> all = [.. events];
        string reasoning = string.Concat(all.OfType<ReasoningDelta>().Select(delta => delta.Text));
        string content = string.Concat(all.OfType<ContentDelta>().Select(delta => delta.Text));
        return new(reasoning.Length > 0 ? reasoning : null, content, [.. all.OfType<ToolCall>()]);
    }
}
