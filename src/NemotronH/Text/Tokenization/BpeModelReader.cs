using System.Text.Json;

namespace NemotronH.Text.Tokenization;

/// <summary>Reads the <c>model</c> section of a tokenizer.json.</summary>
internal static class BpeModelReader
{
    private const string VersionLine = "#version";

    public static BpeModel Read(JsonField model)
    {
        RequireBpe(model);
        RefuseUnsupported(model);
        Dictionary<string, int> vocabulary = ReadVocabulary(model.Required("vocab"));
        return new BpeModel
        {
            Vocabulary = vocabulary,
            Merges = ReadMerges(model.Required("merges"), vocabulary),
            IgnoreMerges = model.Flag("ignore_merges", whenMissing: false),
            ByteIds = FindByteIds(model, vocabulary),
        };
    }

    /// <summary>Files older than the field <c>type</c> hold a BPE model exactly if they list merges.</summary>
    private static void RequireBpe(JsonField model)
    {
        string type = model.Optional("type")?.AsString() ?? (model.Optional("merges") is null ? "nameless" : "BPE");
        if (type != "BPE")
        {
            throw new TokenizerException($"{model.File} holds a {type} model; expected BPE.");
        }
    }

    private static void RefuseUnsupported(JsonField model)
    {
        static bool IsZero(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.GetDouble() == 0;
        if (model.Optional("dropout") is { } dropout && !IsZero(dropout.Element))
        {
            throw dropout.Unexpected("null: merges are not dropped at random here");
        }

        if (model.Flag("byte_fallback", whenMissing: false))
        {
            throw model.Required("byte_fallback").Unexpected("false: a byte-level vocabulary needs no fallback");
        }

        foreach (string affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Optional(affix) is { } field && field.AsString().Length > 0)
            {
                throw field.Unexpected("none: byte-level tokens carry no affixes");
            }
        }
    }

    private static Dictionary<string, int> ReadVocabulary(JsonField field)
    {
        if (field.Element.ValueKind != JsonValueKind.Object)
        {
            throw field.Unexpected("an object");
        }

        Dictionary<string, int> vocabulary = [];
        Dictionary<int, string> tokens = [];
        foreach (JsonProperty entry in field.Element.EnumerateObject())
        {
            string token = Name(field, entry);
            int id = new JsonField(field.File, $"{field.Path}['{token}']", entry.Value).AsId();
            if (!tokens.TryAdd(id, token) && tokens[id] != token)
            {
                throw new TokenizerException($"{field.File}: {field.Path} gives id {id} to both '{tokens[id]}' and '{token}'.");
            }

            vocabulary[token] = id;
        }

        return vocabulary;
    }

    private static string Name(JsonField field, JsonProperty entry)
    {
        try
        {
            return entry.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new TokenizerException($"{field.File}: {field.Path} has a token that is not valid Unicode.", e);
        }
    }

    private static Dictionary<TokenPair, Merge> ReadMerges(JsonField field, Dictionary<string, int> vocabulary)
    {
        if (field.Element.ValueKind != JsonValueKind.Array)
        {
            throw field.Unexpected("an array");
        }

        Dictionary<TokenPair, Merge> merges = new(field.Element.GetArrayLength());
        int rank = 0;
        foreach (JsonElement element in field.Element.EnumerateArray())
        {
            JsonField merge = new(field.File, field.Path, element);
            if (SplitPair(merge) is var (left, right))
            {
                // A pair listed twice has the later rank, as in Hugging Face's map.
                TokenPair pair = new(Id(merge, left, vocabulary), Id(merge, right, vocabulary));
                merges[pair] = new Merge(rank++, Id(merge, left + right, vocabulary));
            }
        }

        return merges;
    }

    private static (string Left, string Right)? SplitPair(JsonField merge)
    {
        if (merge.Element.ValueKind == JsonValueKind.Array)
        {
            return merge.Items().ToArray() is [var left, var right]
                ? (left.AsString(), right.AsString())
                : throw NotAPair(merge);
        }

        string text = merge.AsString();
        if (text.StartsWith(VersionLine, StringComparison.Ordinal))
        {
            return null;
        }

        return text.Split(' ') is [var first, var second] ? (first, second) : throw NotAPair(merge);
    }

    private static TokenizerException NotAPair(JsonField merge) =>
        new($"{merge.File}: {merge.Path} has {merge.Element.GetRawText()}; expected two tokens.");

    private static int Id(JsonField merge, string token, Dictionary<string, int> vocabulary) =>
        vocabulary.TryGetValue(token, out int id)
            ? id
            : throw new TokenizerException(
                $"{merge.File}: the merge {merge.Element.GetRawText()} needs the token '{token}', which model.vocab lacks.");

    private static int[] FindByteIds(JsonField model, Dictionary<string, int> vocabulary)
    {
        string[] bytes = [.. Enumerable.Range(0, 256).Select(value => ByteLevelAlphabet.ToChar((byte)value).ToString())];
        int[] ids = [.. bytes.Select(token => vocabulary.GetValueOrDefault(token, -1))];
        if (!ids.Contains(-1) || model.Optional("unk_token") is not { } unknown)
        {
            return ids;
        }

        if (model.Flag("fuse_unk", whenMissing: false))
        {
            throw model.Required("fuse_unk").Unexpected("false for a vocabulary without all 256 bytes");
        }

        int unknownId = vocabulary.TryGetValue(unknown.AsString(), out int id) ? id : throw unknown.Unexpected("a token of model.vocab");
        return [.. ids.Select(value => value < 0 ? unknownId : value)];
    }
}
