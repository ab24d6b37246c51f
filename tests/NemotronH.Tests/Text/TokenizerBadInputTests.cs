using System.Text;
using System.Text.Json.Nodes;
using NemotronH.Tests.Checkpoints;
using NemotronH.Text;

namespace NemotronH.Tests.Text;

public sealed class TokenizerBadInputTests
{
    [Fact]
    public void A_missing_file_is_named_with_its_folder()
    {
        using TemporaryDirectory directory = new();
        foreach (string folder in (string[])[directory.Path, Path.Combine(directory.Path, "nowhere")])
        {
            TokenizerException e = Assert.Throws<TokenizerException>(() => Tokenizer.Load(folder));
            Assert.Equal($"{folder} has no tokenizer.json.", e.Message);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("hello")]
    public void A_file_that_is_not_JSON_is_named(string text)
    {
        using TemporaryDirectory directory = new();
        directory.Write("tokenizer.json", text);
        string message = Assert.Throws<TokenizerException>(() => Tokenizer.Load(directory.Path)).Message;
        Assert.StartsWith($"{Path.Combine(directory.Path, "tokenizer.json")} is not JSON: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_pointer_of_Git_LFS_is_recognised()
    {
        using TemporaryDirectory directory = new();
        directory.Write("tokenizer.json", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 123\n");
        Assert.Equal(
            $"{Path.Combine(directory.Path, "tokenizer.json")}: is a Git LFS pointer, expected the file it stands for (git lfs pull fetches it)",
            Assert.Throws<TokenizerException>(() => Tokenizer.Load(directory.Path)).Message);
    }

    [Theory]
    [InlineData("[1]", "the root is an array; expected an object.")]
    [InlineData("{}", "model is missing.")]
    public void A_file_of_another_shape_is_refused(string text, string complaint)
    {
        using TemporaryDirectory directory = new();
        directory.Write("tokenizer.json", text);
        Assert.Equal($"tokenizer.json: {complaint}", Assert.Throws<TokenizerException>(() => Tokenizer.Load(directory.Path)).Message);
    }

    public static TheoryData<string, string, string> Edits => new()
    {
        { "version", "\"2.0\"", "tokenizer.json: version is \"2.0\"; expected 1.0." },
        { "model", "null", "tokenizer.json: model is missing." },
        { "model.type", "\"WordPiece\"", "tokenizer.json holds a WordPiece model; expected BPE." },
        { "model.type", "7", "tokenizer.json: model.type is 7; expected a string." },
        { "model.dropout", "0.1", "tokenizer.json: model.dropout is 0.1; expected null: merges are not dropped at random here." },
        { "model.byte_fallback", "true", "tokenizer.json: model.byte_fallback is true; expected false: a byte-level vocabulary needs no fallback." },
        { "model.ignore_merges", "\"yes\"", "tokenizer.json: model.ignore_merges is \"yes\"; expected true or false." },
        { "model.continuing_subword_prefix", "\"##\"", "tokenizer.json: model.continuing_subword_prefix is \"##\"; expected none: byte-level tokens carry no affixes." },
        { "model.end_of_word_suffix", "\"</w>\"", "tokenizer.json: model.end_of_word_suffix is \"</w>\"; expected none: byte-level tokens carry no affixes." },
        { "model.vocab", "[]", "tokenizer.json: model.vocab is an array; expected an object." },
        { "model.vocab", """{"a":0,"b":0}""", "tokenizer.json: model.vocab gives id 0 to both 'a' and 'b'." },
        { "model.vocab", """{"a":-1}""", "tokenizer.json: model.vocab['a'] is -1; expected a token id." },
        { "model.vocab", """{"a":1.5}""", "tokenizer.json: model.vocab['a'] is 1.5; expected a token id." },
        { "model.vocab", """{"a":"x"}""", "tokenizer.json: model.vocab['a'] is \"x\"; expected a token id." },
        { "model.vocab", """{"\ud800":1}""", "tokenizer.json: model.vocab has a token that is not valid Unicode." },
        { "model.merges", "{}", "tokenizer.json: model.merges is an object; expected an array." },
        { "model.merges", """["a b c"]""", "tokenizer.json: model.merges has \"a b c\"; expected two tokens." },
        { "model.merges", """[["a"]]""", "tokenizer.json: model.merges has [\"a\"]; expected two tokens." },
        { "model.merges", "[1]", "tokenizer.json: model.merges is 1; expected a string." },
        { "model.merges", """["\ud800 a"]""", "tokenizer.json: model.merges is not valid Unicode." },
        { "model.merges", """["a zz"]""", "tokenizer.json: the merge \"a zz\" needs the token 'zz', which model.vocab lacks." },
        { "model.merges", """["b a"]""", "tokenizer.json: the merge \"b a\" needs the token 'ba', which model.vocab lacks." },
        { "normalizer", """{"type":"NFC"}""", "tokenizer.json: normalizer.type is \"NFC\"; expected no normalizer." },
        { "normalizer", """{"type":"Sequence","normalizers":[{"type":"NFKC"}]}""", "tokenizer.json: normalizer.normalizers[0].type is \"NFKC\"; expected no normalizer." },
        { "decoder", """{"type":"Metaspace"}""", "tokenizer.json: decoder.type is \"Metaspace\"; expected ByteLevel." },
        { "decoder", "{}", "tokenizer.json: decoder.type is missing." },
        { "pre_tokenizer", "null", "tokenizer.json: pre_tokenizer is missing." },
        { "pre_tokenizer", """{"type":"Whitespace"}""", "tokenizer.json: pre_tokenizer does not end with ByteLevel; only byte-level vocabularies are supported." },
        { "pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"Digits"},{"type":"ByteLevel"}]}""", "tokenizer.json: pre_tokenizer.pretokenizers[0].type is \"Digits\"; expected Split." },
        { "pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"a"},"behavior":"Removed"},{"type":"ByteLevel"}]}""", "tokenizer.json: pre_tokenizer.pretokenizers[0].behavior is \"Removed\"; expected Isolated." },
        { "pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\w"},"behavior":"Isolated"},{"type":"ByteLevel"}]}""", "The pre-tokenizer's regex \\w uses \\w, which is not supported." },
        { "pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{},"behavior":"Isolated"},{"type":"ByteLevel"}]}""", "tokenizer.json: pre_tokenizer.pretokenizers[0].pattern.String is missing." },
        { "post_processor", """{"type":"BertProcessing"}""", "tokenizer.json: post_processor.type is \"BertProcessing\"; expected ByteLevel or one TemplateProcessing." },
        { "post_processor", """{"type":"TemplateProcessing","single":[]}""", "tokenizer.json: post_processor.single is an array; expected a template with sequence A." },
        { "post_processor", """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B"}}]}""", "tokenizer.json: post_processor.single[0] is an object; expected a special token, or sequence A once." },
        { "post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<x>"}}],"special_tokens":{}}""", "tokenizer.json: post_processor.special_tokens.<x> is missing." },
        { "added_tokens", """[{"id":300,"content":"<x>"}]""", "tokenizer.json: the added token '<x>' has id 300; expected 258, the next after model.vocab and the added tokens before it." },
        { "added_tokens", """[{"id":5,"content":"a"}]""", "tokenizer.json: the added token 'a' has id 5; expected 97, its id in model.vocab." },
        { "added_tokens", """[{"id":258,"content":"<x>"},{"id":259,"content":"<x>"}]""", "tokenizer.json: the added token '<x>' is listed twice." },
        { "added_tokens", """[{"content":"<x>"}]""", "tokenizer.json: added_tokens[0].id is missing." },
        { "added_tokens", """[{"id":258,"content":"<x>","lstrip":1}]""", "tokenizer.json: added_tokens[0].lstrip is 1; expected true or false." },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void What_cannot_be_read_or_is_not_supported_is_named(string path, string value, string message)
    {
        JsonObject json = TokenizerTests.Nemotron();
        using TemporaryDirectory directory = new();
        directory.Write("tokenizer.json", Edit(json, path, value));
        Assert.Equal(message, Assert.Throws<TokenizerException>(() => Tokenizer.Load(directory.Path)).Message);
    }

    [Fact]
    public void An_id_that_the_vocabulary_gave_away_is_refused()
    {
        JsonObject json = TokenizerJson.Create();
        json["model"]!["vocab"]!.AsObject().Remove("a");
        json["model"]!["vocab"]!["ab"] = 255 + 1;
        json["model"]!["vocab"]!.AsObject().Remove("b");
        json["added_tokens"] = JsonNode.Parse("""[{"id":255,"content":"<x>"}]""");
        string message = Assert.Throws<TokenizerException>(() => json.Load()).Message;
        Assert.Equal("tokenizer.json: the added token '<x>' has id 255, which model.vocab gives to another token.", message);
    }

    [Theory]
    [InlineData("unk_token", "\"none\"", "tokenizer.json: model.unk_token is \"none\"; expected a token of model.vocab.")]
    [InlineData("fuse_unk", "true", "tokenizer.json: model.fuse_unk is true; expected false for a vocabulary without all 256 bytes.")]
    public void An_unknown_token_must_be_usable_where_bytes_are_missing(string name, string value, string message)
    {
        JsonObject json = TokenizerJson.Create().WithModel("unk_token", "b").WithModel(name, JsonNode.Parse(value));
        json["model"]!["vocab"]!.AsObject().Remove("a");
        Assert.Equal(message, Assert.Throws<TokenizerException>(() => json.Load()).Message);
    }

    [Theory]
    [InlineData("""{"eos_token":"<none>"}""", "tokenizer_config.json: eos_token is \"<none>\"; expected a token of tokenizer.json.")]
    [InlineData("""{"bos_token":{"content":"<none>"}}""", "tokenizer_config.json: bos_token.content is \"<none>\"; expected a token of tokenizer.json.")]
    [InlineData("""{"bos_token":3}""", "tokenizer_config.json: bos_token is 3; expected a string.")]
    public void A_config_that_names_an_unknown_token_is_refused(string config, string message) =>
        Assert.Equal(message, Assert.Throws<TokenizerException>(() => TokenizerTests.Nemotron().Load(config)).Message);

    [Fact]
    public void Damaged_files_never_raise_anything_else()
    {
        JsonObject json = TokenizerTests.Nemotron().With("post_processor", TokenizerTests.Template("<s> $A"));
        byte[] sound = Encoding.UTF8.GetBytes(json.ToJsonString());
        Random random = new(20_261_122);
        using TemporaryDirectory directory = new();
        for (int i = 0; i < 500; i++)
        {
            directory.Write("tokenizer.json", Damage(sound, random));
            Exception? e = Record.Exception(() => Tokenizer.Load(directory.Path).Encode("<s>ab 😀\n"));
            Assert.True(e is null or TokenizerException, e?.ToString());
        }
    }

    /// <summary>A few bytes changed, cut out, or doubled.</summary>
    private static byte[] Damage(byte[] sound, Random random)
    {
        List<byte> bytes = [.. sound];
        for (int edits = 1 + random.Next(4); edits > 0; edits--)
        {
            int at = random.Next(bytes.Count);
            int length = Math.Min(1 + random.Next(8), bytes.Count - at);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] = "\"{}[],:0123truefalsnu\\"u8[random.Next(22)];
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Sets a field in the file's text, as JsonNode would not hold half a surrogate pair.</summary>
    private static string Edit(JsonObject json, string path, string value)
    {
        const string Marker = "<here>";
        string[] names = path.Split('.');
        JsonNode parent = names.Length == 1 ? json : json[names[0]]!;
        parent[names[^1]] = Marker;
        return json.ToJsonString().Replace("\"\\u003Chere\\u003E\"", value, StringComparison.Ordinal);
    }
}
