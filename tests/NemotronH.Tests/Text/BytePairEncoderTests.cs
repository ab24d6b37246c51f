using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Tokenizers;
using NemotronH.Text;
using NemotronH.Text.Tokenization;

namespace NemotronH.Tests.Text;

public sealed class BytePairEncoderTests
{
    private const string Letters = "abcé中😀 ";

    [Fact]
    public void Ids_are_those_of_merging_the_best_pair_again_and_again()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            BpeModel model = RandomModel(random, ignoreMerges: random.Next(2) == 0);
            string text = RandomLetters(random, 60);
            Assert.Equal(NaiveBpe.Encode(Encoding.UTF8.GetBytes(text), model), Encode(model, text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Fact]
    public void Without_ignore_merges_ids_are_those_of_another_library()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            BpeModel model = RandomModel(random, ignoreMerges: false);
            BpeTokenizer other = BpeTokenizer.Create(new BpeOptions(model.Vocabulary) { Merges = MergesOf(model), ByteLevel = true });
            string text = RandomLetters(random, 60);
            Assert.Equal(other.EncodeToIds(text, considerPreTokenization: false), Encode(model, text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void A_token_that_no_merge_reaches_is_taken_whole_only_where_merges_are_ignored()
    {
        BpeModel reachable = Model(["a b"], extraTokens: ["abc"], ignoreMerges: false);
        Assert.Equal([256, 'c'], Encode(reachable, "abc"));
        BpeModel whole = Model(["a b"], extraTokens: ["abc"], ignoreMerges: true);
        Assert.Equal([257], Encode(whole, "abc"));
        Assert.Equal([256, 'c', 'a'], Encode(whole, "abca"));
    }

    [Fact]
    public void Merges_go_by_their_order_in_the_list_and_not_by_id()
    {
        // As ids, "bc" comes before "ab"; in the list it is the other way round.
        BpeModel model = Model(["b c", "a b"], [], ignoreMerges: true);
        model.Merges[new TokenPair('a', 'b')] = new Merge(0, 257);
        model.Merges[new TokenPair('b', 'c')] = new Merge(1, 256);
        Assert.Equal([257, 'c', 'd'], Encode(model, "abcd"));
    }

    [Fact]
    public void A_long_pre_token_of_one_letter_merges_in_doublings()
    {
        string[] merges = [.. Enumerable.Range(0, 6).Select(power => $"{new string('z', 1 << power)} {new string('z', 1 << power)}")];
        List<int> ids = Encode(Model(merges, [], ignoreMerges: false), new string('z', (1 << 20) + 3));
        Assert.Equal([.. Enumerable.Repeat(256 + 5, 1 << 14), 256, 'z'], ids);
    }

    [Fact]
    public void A_byte_without_token_is_named()
    {
        BpeModel model = Model([], [], ignoreMerges: false);
        model.ByteIds[0xC3] = -1;
        TokenizerException e = Assert.Throws<TokenizerException>(() => Encode(model, "aé"));
        Assert.Equal("The tokenizer's vocabulary has no token for byte 0xC3, and no unknown token.", e.Message);
    }

    private static List<int> Encode(BpeModel model, string text)
    {
        List<int> ids = [];
        new BytePairEncoder(model).Encode(text, ids);
        return ids;
    }

    private static string RandomLetters(Random random, int length)
    {
        Rune[] letters = [.. Letters.EnumerateRunes()];
        return string.Concat(Enumerable.Range(0, 1 + random.Next(length)).Select(_ => letters[random.Next(letters.Length)]));
    }

    /// <summary>Merges of tokens that exist by then, in an order that is not theirs of creation, with ids in yet another.</summary>
    private static BpeModel RandomModel(Random random, bool ignoreMerges)
    {
        List<string> tokens = [.. Encoding.UTF8.GetBytes(Letters).Distinct().Select(value => ByteLevelAlphabet.ToChar(value).ToString())];
        HashSet<string> merges = [];
        for (int i = random.Next(60); i > 0; i--)
        {
            string left = tokens[random.Next(tokens.Count)];
            string right = tokens[random.Next(tokens.Count)];
            merges.Add($"{left} {right}");
            tokens.Add(left + right);
        }

        string[] order = [.. merges];
        random.Shuffle(order);
        return Model(order, RandomWords(random), ignoreMerges, random);
    }

    private static string[] RandomWords(Random random) => [.. Enumerable.Range(0, 5).Select(_ => Written(RandomLetters(random, 6)))];

    private static string Written(string text) => string.Concat(Encoding.UTF8.GetBytes(text).Select(ByteLevelAlphabet.ToChar));

    private static BpeModel Model(string[] merges, string[] extraTokens, bool ignoreMerges, Random? shuffle = null)
    {
        string[] bytes = [.. Enumerable.Range(0, 256).Select(value => ByteLevelAlphabet.ToChar((byte)value).ToString())];
        IEnumerable<string> merged = merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal));
        string[] tokens = [.. bytes.Concat(merged).Concat(extraTokens).Distinct()];
        int[] ids = [.. Enumerable.Range(0, tokens.Length)];
        shuffle?.Shuffle(ids);
        Dictionary<string, int> vocabulary = tokens.Zip(ids).ToDictionary(pair => pair.First, pair => pair.Second);
        return new BpeModel
        {
            Vocabulary = vocabulary,
            Merges = merges.Select((merge, rank) => (Tokens: merge.Split(' '), rank)).ToDictionary(
                merge => new TokenPair(vocabulary[merge.Tokens[0]], vocabulary[merge.Tokens[1]]),
                merge => new Merge(merge.rank, vocabulary[string.Concat(merge.Tokens)])),
            IgnoreMerges = ignoreMerges,
            ByteIds = [.. bytes.Select(token => vocabulary[token])],
        };
    }

    private static IEnumerable<string> MergesOf(BpeModel model)
    {
        Dictionary<int, string> tokens = model.Vocabulary.ToDictionary(entry => entry.Value, entry => entry.Key);
        return model.Merges.OrderBy(merge => merge.Value.Rank).Select(merge => $"{tokens[merge.Key.Left]} {tokens[merge.Key.Right]}");
    }
}
