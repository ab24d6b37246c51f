using NemotronH.Server.Protocol;

namespace NemotronH.Server.Answers;

/// <summary>What is new of one of the answers to a completion request.</summary>
/// <param name="Index">The answer's number.</param>
/// <param name="Text">Its text.</param>
/// <param name="LogProbs">Its tokens' probabilities, where they were asked for.</param>
/// <param name="FinishReason">Why the answer ended; <see langword="null"/> as long as it goes on.</param>
internal sealed record CompletionPiece(int Index, string Text, CompletionLogProbs? LogProbs, string? FinishReason) : IAnswerPiece
{
    /// <summary>Puts the pieces of one answer together.</summary>
    internal static CompletionChoice Join(IReadOnlyList<CompletionPiece> pieces)
    {
        CompletionLogProbs[] logProbs = [.. pieces.Select(piece => piece.LogProbs).OfType<CompletionLogProbs>()];
        return new CompletionChoice(
            pieces[0].Index,
            string.Concat(pieces.Select(piece => piece.Text)),
            logProbs.Length == 0 ? null : new CompletionLogProbs(
                [.. logProbs.SelectMany(part => part.Tokens)],
                [.. logProbs.SelectMany(part => part.TokenLogprobs)],
                [.. logProbs.SelectMany(part => part.TopLogprobs)],
                [.. logProbs.SelectMany(part => part.TextOffset)]),
            pieces[^1].FinishReason);
    }
}
