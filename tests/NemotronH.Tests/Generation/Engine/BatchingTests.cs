using NemotronH.Generation;

namespace NemotronH.Tests.Generation.Engine;

/// <summary>However requests join and leave the batch, each gives what it gives alone.</summary>
public sealed class BatchingTests(AloneReference alone, ITestOutputHelper output) : IClassFixture<AloneReference>
{
    [Theory]
    [InlineData(1, 8, 512, false)]
    [InlineData(2, 5, 48, false)]
    [InlineData(1, 8, 512, true)]
    [InlineData(2, 5, 48, true)]
    public async Task Requests_that_join_and_leave_at_random_give_the_ids_each_gives_alone(int seed, int maxSequences, int prefillChunk, bool ahead)
    {
        var random = new Random(seed);
        await using InferenceEngine engine = EngineRuns.Engine(
            AloneReference.Load(AloneReference.Options with { MaxSequences = maxSequences, PrefillChunk = prefillChunk }),
            new EngineOptions { MaxSequences = maxSequences, PrefillChunk = prefillChunk },
            ahead);
        (int[] Prompt, int Tokens, int LeaveAfter)[] plan =
        [
            .. Enumerable.Range(0, 64).Select(i =>
            {
                int tokens = random.Next(1, 48);
                return (alone.RandomIds(random, i % 16 == 0 ? random.Next(300, 700) : random.Next(1, 80)), tokens, i % 5 == 0 ? random.Next(1, tokens + 1) : tokens);
            }),
        ];

        // A dozen at once, so that some wait; whenever one leaves, another comes.
        var ids = new int[plan.Length][];
        using var room = new SemaphoreSlim(maxSequences + 4);
        await Task.WhenAll(plan.Select(async (request, i) =>
        {
            await room.WaitAsync(TestContext.Current.CancellationToken);
            ids[i] = await ReadSomeAsync(engine, request.Prompt, request.Tokens, request.LeaveAfter);
            room.Release();
        }));

        int nearTies = plan.Zip(ids).Sum(run => alone.AssertSame(run.First.Prompt, run.Second));
        output.WriteLine($"near-ties that went the other way: {nearTies} of {plan.Length} requests");
        Assert.All(plan.Zip(ids), run => Assert.Equal(run.First.LeaveAfter, run.Second.Length));
        Assert.Equal((0, maxSequences), (engine.Statistics.Running, engine.Statistics.FreeSlots));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_request_draws_with_its_own_seed_whoever_runs_beside_it(bool ahead)
    {
        var random = new Random(3);
        int[][] prompts = [.. Enumerable.Range(0, 12).Select(_ => alone.RandomIds(random, random.Next(1, 60)))];
        await using InferenceEngine engine = EngineRuns.Engine(
            AloneReference.Load(AloneReference.Options with { MaxSequences = 6 }), new EngineOptions { MaxSequences = 6 }, ahead);

        int[][] ids = await Task.WhenAll(prompts.Select((prompt, i) => EngineRuns.IdsAsync(engine, new EngineRequest { PromptIds = prompt, Options = Sampled(i) })));

        for (int i = 0; i < prompts.Length; i++)
        {
            using GenerationRun run = alone.Model.Start(prompts[i], Sampled(i));
            while (run.MoveNext(TestContext.Current.CancellationToken))
            {
            }

            Assert.Equal(run.OutputIds, ids[i]);
        }

        static GenerationOptions Sampled(int i) => new()
        {
            MaxTokens = 24,
            Temperature = 0.9,
            TopK = i % 2 == 0 ? 40 : 0,
            TopP = 0.95,
            RepetitionPenalty = i % 3 == 0 ? 1.1 : 1,
            Seed = i,
            IgnoreEos = true,
        };
    }

    [Fact]
    public async Task Decoding_goes_on_while_a_long_prompt_is_computed()
    {
        var random = new Random(4);
        await using var engine = new InferenceEngine(
            AloneReference.Load(AloneReference.Options with { MaxSequences = 2 }),
            new EngineOptions { MaxSequences = 2, PrefillChunk = 8, PrefixCacheBytes = 0 });
        await using EngineGeneration talker = engine.Submit(EngineRuns.Request(alone.RandomIds(random, 4), 400));
        await using IAsyncEnumerator<GeneratedToken> tokens = talker.ReadAllAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await tokens.MoveNextAsync());
        await using EngineGeneration reader = engine.Submit(EngineRuns.Request(alone.RandomIds(random, 640), 1));
        while (reader.Usage.CompletionTokens == 0)
        {
            Assert.True(await tokens.MoveNextAsync());
        }

        // 640 tokens in pieces of 8 are 80 steps, each of which decodes too.
        Assert.InRange(talker.Usage.CompletionTokens, 80, 400);
    }

    [Fact]
    public async Task Ids_that_come_a_step_late_make_no_difference()
    {
        var random = new Random(5);
        int[][] prompts = [.. Enumerable.Range(0, 6).Select(_ => alone.RandomIds(random, random.Next(1, 40)))];
        LanguageModel model = AloneReference.Load(AloneReference.Options with { MaxSequences = 3 });
        await using var engine = new InferenceEngine(model, new EngineOptions { MaxSequences = 3 }, new LateExecutor(new TorchDecodeExecutor(model.Runner)));

        int[][] ids = await Task.WhenAll(prompts.Select((prompt, i) => EngineRuns.IdsAsync(engine, EngineRuns.Request(prompt, 3 + i))));

        Assert.All(prompts.Zip(ids), run => alone.AssertSame(run.First, run.Second));
        Assert.Equal([3, 4, 5, 6, 7, 8], ids.Select(run => run.Length));
    }

    private static async Task<int[]> ReadSomeAsync(InferenceEngine engine, int[] prompt, int tokens, int leaveAfter)
    {
        await using EngineGeneration generation = engine.Submit(EngineRuns.Request(prompt, tokens));
        var ids = new List<int>();
        await foreach (GeneratedToken token in generation.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            ids.Add(token.Id);
            if (ids.Count == leaveAfter)
            {
                break;
            }
        }

        return [.. ids];
    }

    /// <summary>Hands out every result a call later.</summary>
    private sealed class LateExecutor(IDecodeExecutor inner) : IDecodeExecutor
    {
        private IReadOnlyList<SampledToken> _held = [];

        public IReadOnlyList<SampledToken> Decode(IReadOnlyList<EngineSequence> batch)
        {
            HashSet<EngineSequence> underWay = [.. _held.Select(token => token.Sequence)];
            EngineSequence[] fresh = [.. batch.Where(sequence => !underWay.Contains(sequence))];
            IReadOnlyList<SampledToken> results = _held;
            _held = fresh.Length == 0 ? [] : inner.Decode(fresh);
            return results;
        }

        public void Dispose() => inner.Dispose();
    }
}
