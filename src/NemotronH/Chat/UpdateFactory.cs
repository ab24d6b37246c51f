using System.Text.Json;
using Microsoft.Extensions.AI;
using NemotronH.Text.Parsing;

namespace NemotronH.Chat;

/// <summary>Makes the updates of one response.</summary>
/// <param name="model">Name of the model.</param>
/// <param name="withReasoning">Whether reasoning is wanted.</param>
internal sealed class UpdateFactory(string model, bool withReasoning)
{
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly DateTimeOffset _created = DateTimeOffset.UtcNow;

    /// <summary>The update for a part of what the model says; <see langword="null"/> for reasoning that is not wanted.</summary>
    public ChatResponseUpdate? Create(OutputEvent part) => part switch
    {
        ReasoningDelta reasoning => withReasoning ? Update(new TextReasoningContent(reasoning.Text)) : null,
        ContentDelta content => Update(new TextContent(content.Text)),
        ToolCall call => Update(FunctionCall(call)),
        _ => null,
    };

    /// <summary>The last update: usage and why it ended.</summary>
    public ChatResponseUpdate CreateLast(ChatGeneration generation)
    {
        ChatUsage usage = generation.Usage;
        ChatResponseUpdate update = Update(new UsageContent(new UsageDetails
        {
            InputTokenCount = usage.PromptTokens,
            CachedInputTokenCount = usage.CachedTokens,
            OutputTokenCount = usage.CompletionTokens,
            ReasoningTokenCount = usage.ReasoningTokens,
            TotalTokenCount = usage.PromptTokens + usage.CompletionTokens,
        }));
        update.FinishReason = generation.Finish switch
        {
            ChatFinish.ToolCalls => ChatFinishReason.ToolCalls,
            ChatFinish.Length => ChatFinishReason.Length,
            _ => ChatFinishReason.Stop,
        };
        return update;
    }

    private static FunctionCallContent FunctionCall(ToolCall call)
    {
        using JsonDocument arguments = JsonDocument.Parse(call.Arguments);
        Dictionary<string, object?> values = [];
        foreach (JsonProperty argument in arguments.RootElement.EnumerateObject())
        {
            values[argument.Name] = argument.Value.Clone();
        }

        return new FunctionCallContent(call.Id ?? $"call_{Guid.NewGuid():N}", call.Name, values);
    }

    private ChatResponseUpdate Update(AIContent content) => new(ChatRole.Assistant, [content])
    {
        ResponseId = _id,
        MessageId = _id,
        ModelId = model,
        CreatedAt = _created,
    };
}
