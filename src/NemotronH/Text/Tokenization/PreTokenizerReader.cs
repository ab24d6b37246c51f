namespace NemotronH.Text.Tokenization;

/// <summary>Reads the <c>pre_tokenizer</c> section of a tokenizer.json: splits by regular expressions, ended by ByteLevel.</summary>
internal static class PreTokenizerReader
{
    /// <summary>ByteLevel's own expression, GPT-2's.</summary>
    private const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>Reads the steps, in order of application.</summary>
    /// <exception cref="TokenizerException">A step is not supported, or the last is not ByteLevel.</exception>
    public static List<IPreTokenizer> Read(JsonField root)
    {
        List<JsonField> steps = [.. root.Required("pre_tokenizer").Components("pretokenizers")];
        if (steps is not [.. var splits, var last] || last.Type() != "ByteLevel")
        {
            throw new TokenizerException(
                $"{root.File}: pre_tokenizer does not end with ByteLevel; only byte-level vocabularies are supported.");
        }

        List<IPreTokenizer> preTokenizers = [.. splits.Select(ReadSplit)];
        if (last.Flag("add_prefix_space", whenMissing: true))
        {
            preTokenizers.Add(new PrefixSpace());
        }

        if (last.Flag("use_regex", whenMissing: true))
        {
            preTokenizers.Add(new RegexSplitter(OnigurumaPattern.Translate(Gpt2Pattern)));
        }

        return preTokenizers;
    }

    private static RegexSplitter ReadSplit(JsonField step)
    {
        if (step.Type() != "Split")
        {
            throw step.Required("type").Unexpected("Split");
        }

        // Inverting swaps matches and what lies between, and both are isolated alike.
        JsonField behavior = step.Required("behavior");
        if (behavior.AsString() != "Isolated")
        {
            throw behavior.Unexpected("Isolated");
        }

        JsonField pattern = step.Required("pattern");
        return new RegexSplitter(pattern.Optional("Regex") is { } regex
            ? OnigurumaPattern.Translate(regex.AsString())
            : OnigurumaPattern.Literal(pattern.Required("String").AsString()));
    }
}
