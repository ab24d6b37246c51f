using NemotronH.Text;

namespace NemotronH.Evaluation.Scoring;

/// <summary>A text's tokens, and where those of its end begin whose likelihood is asked for.</summary>
/// <param name="Tokens">Tokens of context and continuation, encoded together.</param>
/// <param name="Start">First token of the continuation, at least 1.</param>
internal readonly record struct Continuation(int[] Tokens, int Start)
{
    /// <summary>What the model runs: all but the last token.</summary>
    public ReadOnlyMemory<int> Input => Tokens.AsMemory(0, Tokens.Length - 1);

    /// <summary>The tokens whose likelihood is asked for.</summary>
    public ReadOnlySpan<int> Targets => Tokens.AsSpan(Start);

    /// <summary>Positions of the input after which they stand.</summary>
    public IEnumerable<int> Positions => Enumerable.Range(Start - 1, Tokens.Length - Start);

    /// <summary>
    /// Encodes a context and its continuation as lm-eval-harness does: together, cut where the context alone would end; white space at the
    /// context's end counts to the continuation. No special tokens are added.
    /// </summary>
    /// <exception cref="EvaluationException">One of them has no tokens of its own.</exception>
    public static Continuation Encode(Tokenizer tokenizer, string context, string continuation)
    {
        int[] tokens = tokenizer.Encode(context + continuation, addSpecialTokens: false);
        int start = tokenizer.Encode(context.TrimEnd(), addSpecialTokens: false).Length;
        return start > 0 && start < tokens.Length
            ? new Continuation(tokens, start)
            : throw new EvaluationException($"'{continuation}' has no tokens of its own behind its context, or the context has none");
    }
}
