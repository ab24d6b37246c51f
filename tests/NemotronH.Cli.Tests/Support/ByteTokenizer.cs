using System.Text.Json.Nodes;

namespace NemotronH.Cli.Tests.Support;

/// <summary>A tokenizer whose token ids are the bytes of the text; before each text comes token 256, <c>&lt;s&gt;</c>.</summary>
internal static class ByteTokenizer
{
    public const int Bos = 256;

    public const int Eos = 257;

    public static JsonObject Json()
    {
        var vocabulary = new JsonObject();
        int unprintable = 256;
        for (int value = 0; value < 256; value++)
        {
            // GPT-2's alphabet: printable Latin-1 stands for itself, the other bytes for the characters from U+0100 on.
            bool printable = value is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
            vocabulary[((char)(printable ? value : unprintable++)).ToString()] = value;
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(Added(Bos, "<s>"), Added(Eos, "</s>")),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["post_processor"] = JsonNode.Parse(
                """
                {
                  "type": "TemplateProcessing",
                  "single": [{ "SpecialToken": { "id": "<s>", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } }],
                  "pair": [],
                  "special_tokens": { "<s>": { "id": "<s>", "ids": [256], "tokens": ["<s>"] } }
                }
                """),
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        };
    }

    private static JsonObject Added(int id, string content) => new() { ["id"] = id, ["content"] = content, ["special"] = true };
}
