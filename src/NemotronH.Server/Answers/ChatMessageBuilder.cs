using System.Text;
using NemotronH.Server.Protocol;
using NemotronH.Text.Parsing;

namespace NemotronH.Server.Answers;

/// <summary>Puts one answer together from its pieces.</summary>
/// <param name="index">Its number.</param>
/// <param name="withLogProbs">Whether probabilities were asked for.</param>
internal sealed class ChatMessageBuilder(int index, bool withLogProbs)
{
    private readonly StringBuilder _content = new();
    private readonly StringBuilder _reasoning = new();
    private readonly List<ToolCallBody> _calls = [];
    private readonly List<ChatTokenLogProb> _logProbs = [];
    private string _finishReason = "stop";

    /// <summary>Puts an answer together from all of its pieces.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="pieces">The pieces.</param>
    /// <param name="withLogProbs">Whether probabilities were asked for.</param>
    internal static ChatChoice Join(int index, IReadOnlyList<ChatPiece> pieces, bool withLogProbs)
    {
        var builder = new ChatMessageBuilder(index, withLogProbs);
        foreach (ChatPiece piece in pieces)
        {
            builder.Add(piece);
        }

        return builder.Build();
    }

    private void Add(ChatPiece piece)
    {
        foreach (OutputEvent said in piece.Events)
        {
            Add(said);
        }

        if (piece.LogProb is { } logProb)
        {
            _logProbs.Add(logProb);
        }

        _finishReason = piece.FinishReason ?? _finishReason;
    }

    private ChatChoice Build()
    {
        string? reasoning = _reasoning.Length > 0 ? _reasoning.ToString() : null;
        string? content = _content.Length == 0 && _calls.Count > 0 ? null : _content.ToString();
        var message = new AnswerMessage("assistant", content, reasoning, reasoning, _calls.Count > 0 ? _calls : null);
        return new ChatChoice(index, message, withLogProbs ? new ChatLogProbs(_logProbs) : null, _finishReason);
    }

    private void Add(OutputEvent said)
    {
        switch (said)
        {
            case ContentDelta content:
                _content.Append(content.Text);
                break;
            case ReasoningDelta reasoning:
                _reasoning.Append(reasoning.Text);
                break;
            case ToolCall call:
                _calls.Add(new ToolCallBody(null, call.Id ?? ToolCallIds.New(), "function", new FunctionCall(call.Name, call.Arguments)));
                break;
        }
    }
}
