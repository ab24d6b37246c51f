using NemotronH.Configuration;

namespace NemotronH.Generation;

/// <summary>When a sequence ends by its tokens: end-of-text ids, the token limit, the end of the context.</summary>
internal sealed class StopConditions
{
    private readonly HashSet<int> _eos;

    public StopConditions(GenerationOptions options, LanguageModel model, int promptLength)
    {
        if (options.MaxTokens < 0)
        {
            throw new RequestException($"max tokens is {options.MaxTokens}; expected 0 or more");
        }

        _eos = options.IgnoreEos ? [] : EndOfText(model);

        EndTokens = [.. _eos.Order()];

        // The last token needs no place in the context: nothing is computed after it.
        int room = model.Runner.Cache.Options.MaxContext - promptLength + 1;
        Limit = Math.Min(options.MaxTokens ?? room, room);
        LengthLimit = promptLength + Limit;
    }

    /// <summary>Tokens that end the sequence.</summary>
    public IReadOnlyList<int> EndTokens { get; }

    /// <summary>Length, prompt and generated tokens, at which the sequence ends.</summary>
    public int LengthLimit { get; }

    /// <summary>Most tokens that are generated.</summary>
    public int Limit { get; }

    /// <summary>The reason to end before the first token, if there is one.</summary>
    public FinishReason? AtStart => Limit == 0 ? FinishReason.Length : null;

    /// <summary>The reason to end after a token, if there is one.</summary>
    public FinishReason? After(int token, int count) =>
        _eos.Contains(token) ? FinishReason.Stop : count >= Limit ? FinishReason.Length : null;

    /// <summary>The generation config's ids, else the config's, and the tokenizer's.</summary>
    public static HashSet<int> EndOfText(LanguageModel model)
    {
        HashSet<int> eos = [.. GenerationDefaults.ResolveEosTokenIds(model.Defaults, model.Config)];
        if (model.Tokenizer?.EosTokenId is int id)
        {
            eos.Add(id);
        }

        return eos;
    }
}
