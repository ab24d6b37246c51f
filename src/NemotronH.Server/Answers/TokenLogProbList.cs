using NemotronH.Generation;
using NemotronH.Server.Protocol;
using NemotronH.Server.Serving;

namespace NemotronH.Server.Answers;

/// <summary>Lists the probabilities of a text's tokens as OpenAI's completions do, from the text's beginning on.</summary>
/// <param name="tokens">The tokens' texts.</param>
/// <param name="promptIds">The prompt, where the text begins with it.</param>
/// <param name="shown">Which of the prompt's tokens the text shows.</param>
/// <param name="keepsSpecialTokens">Whether the text shows special tokens that are generated.</param>
internal sealed class TokenLogProbList(TokenTexts tokens, IReadOnlyList<int> promptIds, Range shown, bool keepsSpecialTokens)
{
    private int _offset;

    /// <summary>Those of the prompt's tokens; the first has none.</summary>
    internal CompletionLogProbs OfPrompt(IReadOnlyList<PromptTokenLogProb?> prompt) => new(
        [.. promptIds.Select(tokens.NameOf)],
        [.. prompt.Select(token => token?.LogProb)],
        [.. prompt.Select(token => token is null ? null : Likeliest(new TokenLogProb(token.Id, token.LogProb), token.Top))],
        [.. promptIds.Select((id, i) => Place(id, IsShown(i)))]);

    /// <summary>That of a generated token.</summary>
    internal CompletionLogProbs Of(GeneratedToken token) => new(
        [tokens.NameOf(token.Id)],
        [token.LogProb],
        [Likeliest(new TokenLogProb(token.Id, token.LogProb ?? 0), token.Top)],
        [Place(token.Id, keepsSpecialTokens || !tokens.IsSpecial(token.Id))]);

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

    private bool IsShown(int i) => i >= shown.Start.GetOffset(promptIds.Count) && i < shown.End.GetOffset(promptIds.Count);

    /// <summary>Counts the characters that the text shows; one that is spread over tokens counts with its first.</summary>
    private int Place(int id, bool isShown)
    {
        int place = _offset;
        _offset += isShown ? tokens.BytesOf(id).Count(b => (b & 0xC0) != 0x80) : 0;
        return place;
    }
}
