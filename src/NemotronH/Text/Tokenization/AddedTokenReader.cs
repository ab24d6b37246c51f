namespace NemotronH.Text.Tokenization;

/// <summary>Reads the list <c>added_tokens</c> of a tokenizer.json and holds it to the model's vocabulary.</summary>
internal static class AddedTokenReader
{
    public static List<AddedToken> Read(JsonField root, Dictionary<string, int> vocabulary)
    {
        List<AddedToken> tokens = [];
        if (root.Optional("added_tokens") is { } list)
        {
            // Hugging Face skips tokens without content, too.
            tokens.AddRange(list.Items().Select(ReadToken).Where(token => token.Content.Length > 0));
            CheckIds(root.File, tokens, vocabulary);
        }

        return tokens;
    }

    private static AddedToken ReadToken(JsonField field)
    {
        bool special = field.Flag("special", whenMissing: false);
        return new AddedToken(
            Content: field.Required("content").AsString(),
            Id: field.Required("id").AsId(),
            special,
            SingleWord: field.Flag("single_word", whenMissing: false),
            LeftStrip: field.Flag("lstrip", whenMissing: false),
            RightStrip: field.Flag("rstrip", whenMissing: false),
            Normalized: field.Flag("normalized", whenMissing: !special));
    }

    /// <summary>
    /// Hugging Face gives an added token its id in the vocabulary or else the next free one, whatever the file says; so a file that says
    /// something else means another id to them than to its reader.
    /// </summary>
    private static void CheckIds(string file, List<AddedToken> tokens, Dictionary<string, int> vocabulary)
    {
        HashSet<string> contents = [];
        HashSet<int> taken = [.. vocabulary.Values];
        int next = vocabulary.Count;
        foreach (AddedToken token in tokens)
        {
            if (!contents.Add(token.Content))
            {
                throw new TokenizerException($"{file}: the added token '{token.Content}' is listed twice.");
            }

            bool known = vocabulary.TryGetValue(token.Content, out int expected);
            expected = known ? expected : next;
            if (token.Id != expected)
            {
                string reason = known ? "its id in model.vocab" : "the next after model.vocab and the added tokens before it";
                throw Refuse(file, token, $"id {token.Id}; expected {expected}, {reason}");
            }

            if (!known && !taken.Add(expected))
            {
                throw Refuse(file, token, $"id {expected}, which model.vocab gives to another token");
            }

            next = Math.Max(next, expected + 1);
        }
    }

    private static TokenizerException Refuse(string file, AddedToken token, string reason) =>
        new($"{file}: the added token '{token.Content}' has {reason}.");
}
