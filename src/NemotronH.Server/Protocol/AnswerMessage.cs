using System.Text.Json.Serialization;

namespace NemotronH.Server.Protocol;

/// <summary>What the model answers.</summary>
/// <param name="Role">Always <c>assistant</c>.</param>
/// <param name="Content">What it says; null beside tool calls.</param>
/// <param name="ReasoningContent">What it thought before.</param>
/// <param name="Reasoning">The same, by the name that newer clients look for.</param>
/// <param name="ToolCalls">The tools it calls.</param>
internal sealed record AnswerMessage(
    string Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Content,
    string? ReasoningContent,
    string? Reasoning,
    IReadOnlyList<ToolCallBody>? ToolCalls);
