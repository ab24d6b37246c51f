using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NemotronH.Text;

namespace NemotronH.Tests.Text;

public sealed class StreamingDecoderTests
{
    private static readonly Tokenizer Tokenizer = TokenizerTests.Nemotron().Load();

    [Fact]
    public void Pieces_put_together_are_the_whole_and_hold_whole_characters()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            int[] ids = random.Next(2) == 0 ? Tokenizer.Encode(RandomText.Next(random, bits: 12)) : RandomIds(random);
            bool skip = random.Next(2) == 0;
            StreamingDecoder decoder = new(Tokenizer, skip);
            List<string> pieces = [.. ids.Select(decoder.Append), decoder.Flush()];
            Assert.Equal(Tokenizer.Decode(ids, skip), string.Concat(pieces));
            Assert.All(pieces, piece => Assert.Equal(piece, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(piece))));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
    }

    [Fact]
    public void A_character_appears_with_its_last_byte()
    {
        StreamingDecoder decoder = new(Tokenizer, skipSpecialTokens: false);
        Assert.Equal(["", "", "", "😀", "a"], ((int[])[0xF0, 0x9F, 0x98, 0x80, 'a']).Select(decoder.Append));
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public void Broken_bytes_become_the_replacement_character_once_nothing_can_complete_them()
    {
        StreamingDecoder decoder = new(Tokenizer, skipSpecialTokens: false);
        Assert.Equal(["", "\uFFFDa", "\uFFFD", "", ""], ((int[])[0xC3, 'a', 0x80, 0xE4, 0xB8]).Select(decoder.Append));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("b", decoder.Append('b'));
    }

    [Fact]
    public void Special_tokens_are_shown_or_left_out()
    {
        Assert.Equal("<s>", new StreamingDecoder(Tokenizer, skipSpecialTokens: false).Append(258));
        Assert.Equal("", new StreamingDecoder(Tokenizer, skipSpecialTokens: true).Append(258));
        Assert.Equal("<think>", new StreamingDecoder(Tokenizer, skipSpecialTokens: true).Append(260));
    }

    private static int[] RandomIds(Random random) => [.. Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(4) switch
    {
        0 => random.Next(256, 270),
        1 => random.Next(128),
        2 => (int[])[0xC3, 0xE4, 0xED, 0xF0, 0xF4, 0xC0, 0xFF] is var leads ? leads[random.Next(leads.Length)] : 0,
        _ => random.Next(0x80, 0xC0),
    })];
}
