using NemotronH.Server.Protocol;
using NemotronH.Text.Parsing;

namespace NemotronH.Server.Answers;

/// <summary>What is new of one of the answers to a chat request.</summary>
/// <param name="Index">The answer's number.</param>
/// <param name="Events">What it says, thinks and calls.</param>
/// <param name="LogProb">The new token's probability, where it was asked for.</param>
/// <param name="FinishReason">Why the answer ended; <see langword="null"/> as long as it goes on.</param>
internal sealed record ChatPiece(int Index, IReadOnlyList<OutputEvent> Events, ChatTokenLogProb? LogProb, string? FinishReason) : IAnswerPiece
{
    /// <inheritdoc/>
    public string Text => string.Concat(Events.Select(said => said switch
    {
        ContentDelta content => content.Text,
        ReasoningDelta reasoning => reasoning.Text,
        ToolCall call => $"{call.Name}({call.Arguments})",
        _ => "",
    }));
}
