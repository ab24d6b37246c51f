using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using NemotronH.Text;

namespace NemotronH.Tests.Text;

public sealed class TokenizerTests
{
    [Fact]
    public void Text_comes_back_from_its_ids()
    {
        Tokenizer tokenizer = Nemotron().Load();
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            string text = RandomText.Next(new Random(seed), bits: 20);
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text), skipSpecialTokens: false));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Fact]
    public void A_lone_surrogate_is_encoded_as_the_replacement_character()
    {
        Tokenizer tokenizer = Nemotron().Load();
        (string Text, string Read)[] cases =
        [
            ("\uD83D", "\uFFFD"),
            ("\uDE00", "\uFFFD"),
            ("a\uD83Db", "a\uFFFDb"),
            ("\uD83D\uD83D\uDE00", "\uFFFD😀"),
            ("\uDE00\uD83D", "\uFFFD\uFFFD"),
            ("<s>\uD800", "<s>\uFFFD"),
        ];
        foreach ((string text, string read) in cases)
        {
            Assert.Equal(tokenizer.Encode(read), tokenizer.Encode(text));
            Assert.Equal(read, tokenizer.Decode(tokenizer.Encode(text), skipSpecialTokens: false));
        }
    }

    [Fact]
    public void Special_tokens_are_recognised_in_text_and_left_out_on_demand()
    {
        Tokenizer tokenizer = Nemotron().Load();
        int[] ids = tokenizer.Encode("<s>é<think></s>");
        Assert.Equal([258, 0xC3, 0xA9, 260, 259], ids);
        Assert.Equal("<s>é<think></s>", tokenizer.Decode(ids, skipSpecialTokens: false));
        Assert.Equal("é<think>", tokenizer.Decode(ids, skipSpecialTokens: true));
        Assert.Equal([258, 259], tokenizer.SpecialTokenIds.Order());
    }

    [Fact]
    public void Tokens_have_names_ids_and_bytes()
    {
        Tokenizer tokenizer = Nemotron().Load();
        Assert.Equal(261, tokenizer.VocabularySize);
        Assert.Equal(258, tokenizer.TokenToId("<s>"));
        Assert.Equal(256, tokenizer.TokenToId("Ġa"));
        Assert.Null(tokenizer.TokenToId(" a"));
        Assert.Equal("Ġa", tokenizer.IdToToken(256));
        Assert.Null(tokenizer.IdToToken(261));
        Assert.Equal(" a"u8, tokenizer.BytesOf(256, skipSpecialTokens: true));
        Assert.Equal("<s>"u8, tokenizer.BytesOf(258, skipSpecialTokens: false));
        Assert.Equal(""u8, tokenizer.BytesOf(258, skipSpecialTokens: true));
        Assert.Equal(""u8, tokenizer.BytesOf(int.MaxValue, skipSpecialTokens: false));
    }

    [Fact]
    public void Ids_without_token_decode_to_nothing() =>
        Assert.Equal("ab", Nemotron().Load().Decode(['a', 9_999, -1, 'b'], skipSpecialTokens: false));

    [Fact]
    public void An_added_token_written_in_the_byte_alphabet_is_read_as_bytes_and_any_other_as_text()
    {
        Tokenizer tokenizer = TokenizerJson.Create().WithTokens(("Ġx", ""), ("Ġ x", ""), ("éa", "")).Load();
        Assert.Equal(" x", tokenizer.Decode([256], skipSpecialTokens: false));
        Assert.Equal("Ġ x", tokenizer.Decode([257], skipSpecialTokens: false));
        Assert.Equal("\uFFFDa", tokenizer.Decode([258], skipSpecialTokens: false));
    }

    [Fact]
    public void A_template_puts_tokens_around_the_text()
    {
        JsonObject processors = TokenizerJson.Sequence("processors", TokenizerJson.ByteLevel(), Template("<s> $A </s> </s>"));
        Tokenizer tokenizer = Nemotron().With("post_processor", processors).Load();
        Assert.Equal([258, 'x', 259, 259], tokenizer.Encode("x"));
        Assert.Equal(['x'], tokenizer.Encode("x", addSpecialTokens: false));
        Assert.Equal([258, 259, 259], tokenizer.Encode(""));
        Assert.Empty(tokenizer.Encode("", addSpecialTokens: false));
    }

    [Fact]
    public void A_prefix_space_is_added_to_every_piece_that_lacks_one()
    {
        JsonObject json = TokenizerJson.Create("Ġ a").WithTokens(("<s>", ""));
        Tokenizer tokenizer = json.With("pre_tokenizer", TokenizerJson.ByteLevel(prefixSpace: true)).Load();
        Assert.Equal([256, 257, 256, 257, ' ', '\n'], tokenizer.Encode("a<s> a<s>\n"));
        JsonObject split = TokenizerJson.Sequence("pretokenizers", TokenizerJson.Split("b"), TokenizerJson.ByteLevel(prefixSpace: true));
        Assert.Equal([256, ' ', 'b', 256], TokenizerJson.Create("Ġ a").With("pre_tokenizer", split).Load().Encode("aba"));
    }

    [Fact]
    public void Merges_may_be_pairs_and_the_later_of_two_equal_ones_counts()
    {
        JsonArray pairs = [new JsonArray("a", "b"), new JsonArray("b", "c"), new JsonArray("a", "b")];
        Tokenizer tokenizer = TokenizerJson.Create("a b", "b c").WithModel("merges", pairs).Load();
        Assert.Equal(['a', 257], tokenizer.Encode("abc"));
        JsonArray lines = ["#version: 0.2", "a b", "b c"];
        Assert.Equal([256, 'c'], TokenizerJson.Create("a b", "b c").WithModel("merges", lines).Load().Encode("abc"));
    }

    [Fact]
    public void A_byte_without_token_becomes_the_unknown_token()
    {
        JsonObject json = TokenizerJson.Create().WithModel("unk_token", "!");
        json["model"]!["vocab"]!.AsObject().Remove("a");
        Assert.Equal(['b', '!', '!'], json.Load().Encode("baa"));
    }

    [Fact]
    public void Files_without_model_type_or_with_empty_affixes_are_read()
    {
        JsonObject json = TokenizerJson.Create("a b").WithModel("dropout", 0.0);
        json.WithModel("continuing_subword_prefix", "").WithModel("end_of_word_suffix", "");
        json["model"]!.AsObject().Remove("type");
        Assert.Equal([256], json.Load().Encode("ab"));
    }

    [Theory]
    [InlineData("""{"bos_token":"<s>","eos_token":{"content":"</s>","lstrip":false}}""", 258, 259)]
    [InlineData("""{"bos_token":null,"add_bos_token":true}""", null, null)]
    [InlineData(null, null, null)]
    public void The_config_names_the_tokens_that_begin_and_end_a_text(string? config, int? bos, int? eos)
    {
        Tokenizer tokenizer = Nemotron().Load(config);
        Assert.Equal((bos, eos), (tokenizer.BosTokenId, tokenizer.EosTokenId));
    }

    [Fact]
    public void Many_threads_may_encode_at_once()
    {
        Tokenizer tokenizer = Nemotron().Load();
        string[] texts = [.. Enumerable.Range(0, 64).Select(seed => RandomText.Next(new Random(seed), bits: 200))];
        int[][] expected = [.. texts.Select(text => tokenizer.Encode(text))];
        ParallelOptions four = new() { MaxDegreeOfParallelism = 4 };
        Parallel.For(0, texts.Length, four, i => Assert.Equal(expected[i], tokenizer.Encode(texts[i])));
    }

    /// <summary>Nemotron's pipeline over a vocabulary of bytes, two merges, and tokens from 258 on.</summary>
    internal static JsonObject Nemotron() => TokenizerJson.Create("Ġ a", "a b")
        .WithModel("ignore_merges", true)
        .WithTokens(("<s>", "special"), ("</s>", "special"), ("<think>", ""))
        .With("pre_tokenizer", TokenizerJson.Sequence(
            "pretokenizers", TokenizerJson.Split(TokenizerJson.Tekken), TokenizerJson.ByteLevel()));

    internal static JsonObject Template(string single)
    {
        JsonNode[] pieces = [.. single.Split(' ').Select(Piece)];
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(pieces),
            ["special_tokens"] = JsonNode.Parse("""{"<s>":{"id":"<s>","ids":[258]},"</s>":{"id":"</s>","ids":[259]}}"""),
        };
    }

    private static JsonObject Piece(string name) => name.StartsWith('$')
        ? new JsonObject { ["Sequence"] = new JsonObject { ["id"] = name[1..], ["type_id"] = 0 } }
        : new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = name, ["type_id"] = 0 } };
}
