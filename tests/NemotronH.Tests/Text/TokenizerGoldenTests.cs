using System.Text.Json;
using System.Text.Json.Serialization;
using NemotronH.Text;

namespace NemotronH.Tests.Text;

/// <summary>What Hugging Face tokenizers made of the same texts with the same files (<c>tools/make_tokenizer_goldens.py</c>).</summary>
public sealed class TokenizerGoldenTests
{
    public static TheoryData<string> Variants => ["nemotron", "gpt2", "permuted", "flags", "llama3", "possessive", "partial"];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Ids_and_texts_are_Hugging_Faces(string variant)
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Directory("tokenizers", variant));
        Case[] cases = ReadCases(variant);
        Assert.True(cases.Length >= 250);
        foreach (Case expected in cases)
        {
            Case actual = new(
                expected.Text,
                tokenizer.Encode(expected.Text),
                tokenizer.Encode(expected.Text, addSpecialTokens: false),
                tokenizer.Decode(expected.Ids, skipSpecialTokens: false),
                tokenizer.Decode(expected.Ids, skipSpecialTokens: true));
            Assert.Equal(Describe(expected), Describe(actual));
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Streaming_gives_Hugging_Faces_texts_too(string variant)
    {
        Tokenizer tokenizer = Tokenizer.Load(Fixtures.Directory("tokenizers", variant));
        foreach (Case expected in ReadCases(variant))
        {
            StreamingDecoder decoder = new(tokenizer, skipSpecialTokens: false);
            Assert.Equal(expected.Decoded ?? expected.Text, string.Concat(expected.Ids.Select(decoder.Append)) + decoder.Flush());
        }
    }

    private static Case[] ReadCases(string variant) =>
        JsonSerializer.Deserialize<Case[]>(File.ReadAllBytes(Fixtures.File("tokenizers", variant, "cases.json")))!;

    /// <summary>A case in one string, so that a failure shows its text.</summary>
    private static string Describe(Case one)
    {
        string decoded = one.Decoded ?? one.Text;
        string ids = $"{string.Join(' ', one.Ids)} ({string.Join(' ', one.IdsNoSpecial ?? one.Ids)})";
        return $"{JsonSerializer.Serialize(one.Text)}: {ids} {decoded} | {one.DecodedSkip ?? decoded}";
    }

    /// <summary>A line of cases.json; what is absent equals what stands before it.</summary>
    internal sealed record Case(
        [property: JsonPropertyName("text")] string Text,
        [property: JsonPropertyName("ids")] int[] Ids,
        [property: JsonPropertyName("ids_no_special")] int[]? IdsNoSpecial = null,
        [property: JsonPropertyName("decoded")] string? Decoded = null,
        [property: JsonPropertyName("decoded_skip")] string? DecodedSkip = null);
}
