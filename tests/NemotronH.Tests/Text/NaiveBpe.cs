using NemotronH.Text.Tokenization;

namespace NemotronH.Tests.Text;

/// <summary>Byte-pair merging as its definition says: find the best pair of the whole list, replace it, start over.</summary>
internal static class NaiveBpe
{
    public static List<int> Encode(byte[] bytes, BpeModel model)
    {
        string whole = string.Concat(bytes.Select(ByteLevelAlphabet.ToChar));
        if (model.IgnoreMerges && model.Vocabulary.TryGetValue(whole, out int id))
        {
            return [id];
        }

        List<int> tokens = [.. bytes.Select(value => model.ByteIds[value])];
        while (FindBest(tokens, model) is var (at, merged))
        {
            tokens[at] = merged;
            tokens.RemoveAt(at + 1);
        }

        return tokens;
    }

    private static (int At, int Merged)? FindBest(List<int> tokens, BpeModel model)
    {
        (int Rank, int At, int Id)? best = null;
        for (int at = 0; at + 1 < tokens.Count; at++)
        {
            bool merges = model.Merges.TryGetValue(new TokenPair(tokens[at], tokens[at + 1]), out Merge merge);
            if (merges && (best is null || merge.Rank < best.Value.Rank))
            {
                best = (merge.Rank, at, merge.Id);
            }
        }

        return best is null ? null : (best.Value.At, best.Value.Id);
    }
}
