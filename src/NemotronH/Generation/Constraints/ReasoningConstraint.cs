using System.Text;
using NemotronH.Text.Parsing;

namespace NemotronH.Generation.Constraints;

/// <summary>Lets the model reason freely, and constrains what it says behind <c>&lt;/think&gt;</c>, which must come.</summary>
/// <param name="vocabulary">The model's tokens.</param>
/// <param name="answer">Constrains the answer.</param>
/// <param name="callTag">The tag of tool calls where they end reasoning too; the answer's constraint can read it then.</param>
internal sealed class ReasoningConstraint(TokenVocabulary vocabulary, GrammarConstraint answer, string? callTag) : TokenConstraint
{
    private static readonly int TailLength = Tags.ThinkClose.Length + Tags.ListOpen.Length;
    private static readonly char[] White = [' ', '\n', '\r', '\t'];
    private bool _hasAnswer;
    private string _tail = "";

    /// <inheritdoc/>
    public override bool IsComplete => _hasAnswer && answer.IsComplete;

    /// <inheritdoc/>
    public override void Apply(Span<float> logits)
    {
        if (_hasAnswer)
        {
            answer.Apply(logits);
            return;
        }

        vocabulary.ForbidEndOfText(logits);

        // A token that ends the reasoning must not begin the answer: nobody would have looked at how.
        foreach ((int id, byte[] bytes) in vocabulary.TagClosers)
        {
            if (FindEnd(_tail + Encoding.Latin1.GetString(bytes)) is { } end && end.Behind.Length > 0)
            {
                logits[id] = float.NegativeInfinity;
            }
        }
    }

    /// <inheritdoc/>
    public override void Accept(int token)
    {
        if (_hasAnswer)
        {
            answer.Accept(token);
            return;
        }

        _tail += Encoding.Latin1.GetString(vocabulary.Tokenizer.BytesOf(token, skipSpecialTokens: true));
        if (FindEnd(_tail) is { } end)
        {
            _hasAnswer = true;
            if (end.IsCall)
            {
                answer.TryRead(Encoding.UTF8.GetBytes(callTag!));
            }
        }

        _tail = _tail[^Math.Min(_tail.Length, TailLength)..];
    }

    /// <summary>How reasoning ends, and what stands behind that.</summary>
    private (bool IsCall, string Behind)? FindEnd(string text)
    {
        int close = text.IndexOf(Tags.ThinkClose, StringComparison.Ordinal);
        if (close >= 0)
        {
            return (false, text[(close + Tags.ThinkClose.Length)..].Trim(White));
        }

        int call = callTag is null ? -1 : text.IndexOf(callTag, StringComparison.Ordinal);
        return call >= 0 ? (true, text[(call + callTag!.Length)..]) : null;
    }
}
