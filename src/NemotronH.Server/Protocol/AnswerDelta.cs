namespace NemotronH.Server.Protocol;

/// <summary>What is new of an answer in a stream.</summary>
/// <param name="Role"><c>assistant</c> at the beginning.</param>
/// <param name="Content">More of what it says.</param>
/// <param name="ReasoningContent">More of what it thinks before.</param>
/// <param name="Reasoning">The same, by the name that newer clients look for.</param>
/// <param name="ToolCalls">More of the tools it calls.</param>
internal sealed record AnswerDelta(
    string? Role, string? Content, string? ReasoningContent, string? Reasoning, IReadOnlyList<ToolCallBody>? ToolCalls);
