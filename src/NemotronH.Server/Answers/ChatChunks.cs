using System.Runtime.CompilerServices;
using NemotronH.Server.Protocol;
using NemotronH.Text.Parsing;

namespace NemotronH.Server.Answers;

/// <summary>Writes the answers to a chat request as the chunks of a stream.</summary>
/// <param name="id">Id of the request.</param>
/// <param name="model">The model's name.</param>
/// <param name="answers">The answers.</param>
internal sealed class ChatChunks(string id, string model, AnswerSet<ChatPiece> answers)
{
    private static readonly AnswerDelta Nothing = new(null, null, null, null, null);

    private readonly long _created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
    private readonly int[] _calls = new int[answers.All.Count];

    /// <summary>The chunks as they come: the role of each answer, what it says, why it ended, and the usage where it is wanted.</summary>
    internal async IAsyncEnumerable<ChatCompletionChunk> ReadAsync(
        bool includeUsage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int i = 0; i < answers.All.Count; i++)
        {
            yield return Chunk(i, Nothing with { Role = "assistant", Content = "" });
        }

        await foreach (ChatPiece piece in answers.ReadAsync(cancellationToken))
        {
            ChatLogProbs? logProbs = piece.LogProb is { } logProb ? new ChatLogProbs([logProb]) : null;
            foreach (AnswerDelta delta in Deltas(piece))
            {
                yield return Chunk(piece.Index, delta, logProbs, piece.FinishReason);
                logProbs = null;
            }
        }

        if (includeUsage)
        {
            yield return new ChatCompletionChunk(id, _created, model, [], answers.CountTokens());
        }
    }

    private IEnumerable<AnswerDelta> Deltas(ChatPiece piece) =>
        piece.Events.Count == 0 ? [Nothing] : piece.Events.Select(said => Delta(piece.Index, said));

    private AnswerDelta Delta(int answer, OutputEvent said) => said switch
    {
        ContentDelta content => Nothing with { Content = content.Text },
        ReasoningDelta reasoning => Nothing with { ReasoningContent = reasoning.Text, Reasoning = reasoning.Text },
        ToolCall call => Nothing with
        {
            ToolCalls =
            [
                new ToolCallBody(_calls[answer]++, call.Id ?? ToolCallIds.New(), "function", new FunctionCall(call.Name, call.Arguments)),
            ],
        },
        _ => Nothing,
    };

    private ChatCompletionChunk Chunk(int answer, AnswerDelta delta, ChatLogProbs? logProbs = null, string? finishReason = null) =>
        new(id, _created, model, [new ChatChunkChoice(answer, delta, logProbs, finishReason)], null);
}
