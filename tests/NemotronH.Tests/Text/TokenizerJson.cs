using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Tests.Checkpoints;
using NemotronH.Text;
using NemotronH.Text.Tokenization;

namespace NemotronH.Tests.Text;

/// <summary>Builds small tokenizer.json files, and folders to load them from.</summary>
internal static class TokenizerJson
{
    public const string Tekken =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        + @"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>All 256 bytes in order, then the products of the merges, and no pre-tokenizer but ByteLevel.</summary>
    public static JsonObject Create(params string[] merges)
    {
        JsonObject vocab = [];
        for (int value = 0; value < 256; value++)
        {
            vocab[ByteLevelAlphabet.ToChar((byte)value).ToString()] = value;
        }

        foreach (string merge in merges)
        {
            vocab.TryAdd(merge.Replace(" ", "", StringComparison.Ordinal), vocab.Count);
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = null,
            ["pre_tokenizer"] = ByteLevel(),
            ["post_processor"] = null,
            ["decoder"] = ByteLevel(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["ignore_merges"] = false,
                ["vocab"] = vocab,
                ["merges"] = new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]),
            },
        };
    }

    public static JsonObject ByteLevel(bool prefixSpace = false, bool regex = false) => new()
    {
        ["type"] = "ByteLevel",
        ["add_prefix_space"] = prefixSpace,
        ["trim_offsets"] = true,
        ["use_regex"] = regex,
    };

    public static JsonObject Split(string regex) => new()
    {
        ["type"] = "Split",
        ["pattern"] = new JsonObject { ["Regex"] = regex },
        ["behavior"] = "Isolated",
        ["invert"] = false,
    };

    public static JsonObject Sequence(string name, params JsonNode[] components) =>
        new() { ["type"] = "Sequence", [name] = new JsonArray(components) };

    /// <summary>Adds tokens after the vocabulary.</summary>
    public static JsonObject WithTokens(this JsonObject json, params (string Content, string Flags)[] tokens)
    {
        JsonArray list = json["added_tokens"]!.AsArray();
        int next = json["model"]!["vocab"]!.AsObject().Count + list.Count;
        foreach ((string content, string flags) in tokens)
        {
            JsonObject token = new() { ["id"] = next++, ["content"] = content };
            foreach (string flag in (string[])["single_word", "lstrip", "rstrip", "normalized", "special"])
            {
                token[flag] = flags.Split(' ').Contains(flag);
            }

            list.Add(token);
        }

        return json;
    }

    public static JsonObject With(this JsonObject json, string name, JsonNode? value)
    {
        json[name] = value;
        return json;
    }

    public static JsonObject WithModel(this JsonObject json, string name, JsonNode? value)
    {
        json["model"]![name] = value;
        return json;
    }

    public static Tokenizer Load(this JsonObject json, string? config = null)
    {
        using TemporaryDirectory directory = new();
        directory.Write("tokenizer.json", json.ToJsonString());
        if (config is not null)
        {
            directory.Write("tokenizer_config.json", config);
        }

        return Tokenizer.Load(directory.Path);
    }

    /// <summary>A root to hand to one of the readers.</summary>
    public static JsonField AsField(this JsonNode json) => new("tokenizer.json", "", JsonSerializer.SerializeToElement(json));
}
