using NemotronH.Caching;
using NemotronH.Generation;

namespace NemotronH.Tests.Generation.Engine;

/// <summary>What was computed before is not computed again, and nobody can tell by the answer.</summary>
public sealed class PrefixCacheTests(AloneReference alone, ITestOutputHelper output) : IClassFixture<AloneReference>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_chat_of_ten_turns_computes_little_more_than_what_is_new(bool answersSaidAgain)
    {
        var random = new Random(1);
        await using InferenceEngine engine = Engine(1 << 28);
        int[] previous = [];
        List<int> prompt = [.. alone.RandomIds(random, 40)];
        List<int> borders = [prompt.Count];
        int beyond = 0, nearTies = 0;
        for (int turn = 0; turn < 10; turn++)
        {
            prompt.AddRange(alone.RandomIds(random, random.Next(5, 40)));
            borders.Add(prompt.Count);
            int[] full = [.. prompt, 7, 8, 9, 10];
            beyond += full.Length - full.Zip(previous).TakeWhile(pair => pair.First == pair.Second).Count();
            previous = full;

            int[] answer = await EngineRuns.IdsAsync(engine, EngineRuns.Request(full, 16, [.. borders]));
            nearTies += alone.AssertSame(full, answer);

            // A template may say an answer again as it was, or without its reasoning and its opening.
            prompt.AddRange(answersSaidAgain ? [7, 8, 9, 10, .. answer] : [7, 8, 11, .. answer.Skip(8)]);
            borders.Add(prompt.Count);
        }

        output.WriteLine($"{engine.Statistics.PrefilledTokens} tokens computed, {beyond} beyond the shared prefixes, {nearTies} near-ties");
        Assert.InRange(engine.Statistics.PrefilledTokens, 1, (long)(1.2 * beyond));
        Assert.Equal(engine.Statistics.PromptTokens, engine.Statistics.PrefilledTokens + engine.Statistics.CachedTokens);
    }

    [Fact]
    public async Task Conversations_that_share_a_beginning_share_its_state()
    {
        var random = new Random(2);
        int[] system = alone.RandomIds(random, 100);
        await using InferenceEngine engine = Engine(1 << 28);
        await EngineRuns.IdsAsync(engine, EngineRuns.Request([.. system, .. alone.RandomIds(random, 20)], 4, 100));

        int[][] prompts = [.. Enumerable.Range(0, 4).Select(_ => (int[])[.. system, .. alone.RandomIds(random, 30)])];
        EngineGeneration[] generations = [.. prompts.Select(prompt => engine.Submit(EngineRuns.Request(prompt, 20, 100)))];
        int nearTies = 0;
        foreach ((int[] prompt, EngineGeneration generation) in prompts.Zip(generations))
        {
            nearTies += alone.AssertSame(prompt, [.. (await EngineRuns.ReadAsync(generation)).Select(token => token.Id)]);
            Assert.Equal(100, generation.Usage.CachedTokens);
        }

        output.WriteLine($"{nearTies} near-ties");
    }

    [Theory]
    [InlineData(5 << 20, 64, false)]
    [InlineData(1 << 28, 16, false)]
    [InlineData(1 << 28, 16, true)]
    public async Task Eviction_for_want_of_states_or_of_pages_never_changes_an_answer(long prefixBytes, int pages, bool ahead)
    {
        var random = new Random(3);
        LanguageModel model = AloneReference.Load(AloneReference.Options with { MaxSequences = 3, MaxContext = 640, CachePages = pages });
        await using InferenceEngine engine = EngineRuns.Engine(
            model, new EngineOptions { MaxSequences = 3, PrefixCacheBytes = prefixBytes, PrefillChunk = 96 }, ahead);
        long page = CachePlan.PageBytes(model.Config, model.Runner.Cache.Options), states = StateSnapshots.Size(model.Runner.Cache);
        List<int[]> known = [alone.RandomIds(random, 90)];
        int nearTies = 0;
        for (int round = 0; round < 30; round++)
        {
            (int[] Prompt, int Border)[] batch = [.. Enumerable.Range(0, 4).Select(_ =>
            {
                int[] start = known[random.Next(known.Count)];
                start = start[..random.Next(1, start.Length + 1)];
                return ((int[])[.. start, .. alone.RandomIds(random, random.Next(1, 60))], start.Length);
            })];
            int[][] answers = await Task.WhenAll(batch.Select(request => EngineRuns.IdsAsync(engine, EngineRuns.Request(request.Prompt, 8, request.Border))));
            foreach (((int[] prompt, _), int[] answer) in batch.Zip(answers))
            {
                nearTies += alone.AssertSame(prompt, answer);
                int[] whole = [.. prompt, .. answer];
                known.Add(whole.Length > 300 ? whole[..50] : whole);
            }

            // Nothing runs now: the pages in use are those of the entries.
            EngineStatistics idle = engine.Statistics;
            Assert.Equal((idle.PrefixCacheEntries * states) + (idle.UsedPages * page), idle.PrefixCacheBytes);
        }

        EngineStatistics statistics = engine.Statistics;
        output.WriteLine($"{statistics.CachedTokens} of {statistics.PromptTokens} prompt tokens from the cache, {statistics.PrefixCacheEvictions} evictions, {nearTies} near-ties");
        Assert.True(statistics.CachedTokens > 500, $"only {statistics.CachedTokens} tokens came from the cache");
        Assert.True(statistics.PrefixCacheEvictions > 20, $"only {statistics.PrefixCacheEvictions} entries were evicted");
    }

    [Fact]
    public async Task Without_bytes_nothing_is_kept()
    {
        await using InferenceEngine engine = Engine(0);

        await EngineRuns.IdsAsync(engine, EngineRuns.Request([5, 6, 7], 4));
        await EngineRuns.IdsAsync(engine, EngineRuns.Request([5, 6, 7, 8], 4));

        Assert.Equal((0, 0L, 0L), (engine.Statistics.PrefixCacheEntries, engine.Statistics.PrefixCacheBytes, engine.Statistics.CachedTokens));
    }

    [Fact]
    public async Task A_request_for_no_tokens_warms_the_cache()
    {
        int[] prompt = alone.RandomIds(new Random(4), 70);
        await using InferenceEngine engine = Engine(1 << 28);

        await using (EngineGeneration warm = engine.Submit(EngineRuns.Request(prompt, 0)))
        {
            Assert.Empty(await EngineRuns.ReadAsync(warm));
            Assert.Equal(FinishReason.Length, warm.FinishReason);
        }

        await using EngineGeneration generation = engine.Submit(EngineRuns.Request([.. prompt, 3], 2));
        await EngineRuns.ReadAsync(generation);
        Assert.Equal(new GenerationUsage(71, 70, 2), generation.Usage);
    }

    [Theory]
    [InlineData(new int[0], 300, 0, "300")]
    [InlineData(new[] { 100, 200, 250, 290 }, 300, 0, "100 250 290 300*")]
    [InlineData(new[] { 100, 200, 250, 290 }, 300, 250, "290 300*")]
    [InlineData(new[] { 300, 100, 0, 100 }, 300, 0, "100 300")]
    public void States_are_kept_at_the_first_border_at_the_last_two_and_at_the_end(int[] borders, int length, int start, string expected) =>
        Assert.Equal(expected, string.Join(' ', PrefixBorders.Choose(borders, length, start).Select(border => $"{border.Position}{(border.Expendable ? "*" : "")}")));

    private static InferenceEngine Engine(long prefixBytes) => new(
        AloneReference.Load(AloneReference.Options with { MaxSequences = 4 }),
        new EngineOptions { MaxSequences = 4, PrefixCacheBytes = prefixBytes });
}
