using NemotronH.Generation;
using NemotronH.Server.Protocol;
using NemotronH.Server.Serving;

namespace NemotronH.Server.Answers;

/// <summary>Lists the probabilities of a text's tokens as OpenAI's completions do, from the text's beginning on.</summary>
/// <param name="tokens">The tokens' texts.</param>
/// <param name="promptIds">The prompt, where the text begins with it.</param>
internal sealed class TokenLogProbList(TokenTexts tokens, IReadOnlyList<int> promptIds)
{
    private int _offset;

    /// <summary>Those of the prompt's tokens; the first has none.</summary>
    internal CompletionLogProbs OfPrompt(IReadOnlyList<PromptTokenLogProb?> prompt) => new(
        [.. promptIds.Select(tokens.NameOf)],
        [.. prompt.Select(token => token?.LogProb)],
        [.. prompt.Select(token => token is null ? null : Likeliest(new TokenLogProb(token.Id, token.LogProb), token.Top))],
        [.. promptIds.Select(Place)]);

    /// <summary>That of a generated token.</summary>
    internal CompletionLogProbs Of(GeneratedToken token) => new(
        [tokens.NameOf(token.Id)],
        [token.LogProb],
        [Likeliest(new TokenLogProb(token.Id, token.LogProb ?? 0), token.Top)],
        [Place(token.Id)]);

    /// <summary>The most likely tokens and the one that stands there.</summary>
    private Dictionary<string, float> Likeliest(TokenLogProb chosen, IReadOnlyList<TokenLogProb> top)
    {
        var likeliest = new Dictionary<string, float>();
        foreach (TokenLogProb token in top.Append(chosen))
        {
            likeliest.TryAdd(tokens.NameOf(token.Id), token.LogProb);
        }

        return likeliest;
    }

    /// <summary>Counts characters; one that is spread over tokens counts with its first.</summary>
    private int Place(int id)
    {
        int place = _offset;
        _offset += tokens.BytesOf(id).Count(b => (b & 0xC0) != 0x80);
        return place;
    }
}
