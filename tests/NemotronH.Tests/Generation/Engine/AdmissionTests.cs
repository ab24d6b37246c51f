using NemotronH.Caching;
using NemotronH.Generation;

namespace NemotronH.Tests.Generation.Engine;

/// <summary>Who runs, who waits and who is refused.</summary>
public sealed class AdmissionTests(AloneReference alone) : IClassFixture<AloneReference>
{
    [Fact]
    public async Task Requests_that_memory_does_not_hold_together_run_one_after_the_other()
    {
        var random = new Random(1);
        LanguageModel model = AloneReference.Load(AloneReference.Options with { MaxSequences = 4, CachePages = 16 });
        await using var engine = new InferenceEngine(model, new EngineOptions { MaxSequences = 4 });

        // Each can grow to 11 of 16 pages; what they promise is not overdrawn although slots are free.
        int[][] prompts = [.. Enumerable.Range(0, 4).Select(_ => alone.RandomIds(random, 650))];
        EngineGeneration[] generations = [.. prompts.Select(prompt => engine.Submit(EngineRuns.Request(prompt, 12)))];
        int most = 0;
        foreach ((int[] prompt, EngineGeneration generation) in prompts.Zip(generations))
        {
            await foreach (GeneratedToken token in generation.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                most = Math.Max(most, engine.Statistics.Running);
            }
        }

        Assert.Equal(1, most);
        Assert.All(generations, generation => Assert.Equal(12, generation.Usage.CompletionTokens));
    }

    [Fact]
    public async Task Who_comes_first_is_served_first()
    {
        await using var engine = new InferenceEngine(AloneReference.Load(AloneReference.Options), new EngineOptions { MaxSequences = 1 });
        var order = new List<int>();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => engine.Submit(EngineRuns.Request([i + 5], 30 - (4 * i)))).ToArray().Select(async (generation, i) =>
        {
            await EngineRuns.ReadAsync(generation);
            lock (order)
            {
                order.Add(i);
            }
        }));

        Assert.Equal(Enumerable.Range(0, 6), order);
    }

    [Fact]
    public async Task A_full_queue_refuses_and_takes_again_when_there_is_room()
    {
        await using var engine = new InferenceEngine(AloneReference.Load(AloneReference.Options), new EngineOptions { MaxSequences = 1, QueueLimit = 1 });
        EngineGeneration first = engine.Submit(EngineRuns.Request([5], 900));
        await using EngineGeneration second = engine.Submit(EngineRuns.Request([6], 2));

        Assert.Equal("1 requests run and 1 wait; no more can", Assert.Throws<EngineBusyException>(() => engine.Submit(EngineRuns.Request([7], 2))).Message);
        await first.DisposeAsync();
        await using EngineGeneration third = engine.Submit(EngineRuns.Request([7], 2));
        Assert.Equal(2, (await EngineRuns.ReadAsync(third)).Length);
    }

    [Fact]
    public async Task Draining_finishes_what_runs_and_waits_and_refuses_the_rest()
    {
        await using var engine = new InferenceEngine(AloneReference.Load(AloneReference.Options), new EngineOptions { MaxSequences = 1 });
        EngineGeneration[] generations = [.. Enumerable.Range(0, 3).Select(i => engine.Submit(EngineRuns.Request([5 + i], 20)))];

        Task drained = engine.DrainAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            "the engine is being drained and takes no new requests",
            Assert.Throws<EngineBusyException>(() => engine.Submit(EngineRuns.Request([7], 2))).Message);
        await drained;

        Assert.All(generations, generation => Assert.Equal((20, FinishReason.Length), (generation.Usage.CompletionTokens, generation.FinishReason)));
    }

    [Fact]
    public async Task Disposing_cancels_what_runs_and_what_waits()
    {
        var engine = new InferenceEngine(AloneReference.Load(AloneReference.Options), new EngineOptions { MaxSequences = 1 });
        EngineGeneration[] generations = [.. Enumerable.Range(0, 3).Select(i => engine.Submit(EngineRuns.Request([5 + i], 900)))];

        await engine.DisposeAsync();
        await engine.DisposeAsync();

        foreach (EngineGeneration generation in generations)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => EngineRuns.ReadAsync(generation));
        }

        Assert.Throws<ObjectDisposedException>(() => engine.Submit(EngineRuns.Request([7], 2)));
    }

    [Fact]
    public async Task Requests_that_could_never_run_are_refused_at_once()
    {
        await using var engine = new InferenceEngine(AloneReference.Load(AloneReference.Options with { MaxContext = 100 }), new EngineOptions { MaxSequences = 1 });

        Refuse(new EngineRequest { PromptIds = [] }, "the prompt has no tokens; expected at least one");
        Refuse(new EngineRequest { PromptIds = new int[101] }, "the prompt has 101 tokens; the context holds 100");
        Refuse(new EngineRequest { PromptIds = [5, 1024] }, "token id 1024 at position 1 is outside the vocabulary; expected 0 to 1023");
        Refuse(new EngineRequest { PromptIds = [5], TopLogProbs = -2 }, "the number of log-probabilities is -2; expected −1 to 1024");
        Refuse(new EngineRequest { PromptIds = [5], PrefixBorders = [2] }, "a prefix border lies at 2; expected 0 to 1, the length of the prompt");
        Refuse(With(new GenerationOptions { Temperature = -1 }), "temperature is -1; expected 0 or more");
        Refuse(With(new GenerationOptions { MaxTokens = -1 }), "max tokens is -1; expected 0 or more");
        Refuse(With(new GenerationOptions { StopStrings = ["a", ""] }), "a stop string is empty; expected at least one character");
        Refuse(With(new GenerationOptions { FrequencyPenalty = 3 }), "frequency penalty is 3; expected from -2 to 2");
        Refuse(With(new GenerationOptions { LogitBias = new Dictionary<int, float> { [1024] = 1 } }), "a logit bias is for token 1024; expected 0 to 1023");
        Assert.Equal(0, engine.Statistics.Waiting);

        static EngineRequest With(GenerationOptions options) => new() { PromptIds = [5], Options = options };

        void Refuse(EngineRequest request, string message) =>
            Assert.Equal(message, Assert.ThrowsAny<NemotronHException>(() => engine.Submit(request)).Message);
    }

    [Fact]
    public async Task A_queue_may_be_as_long_as_can_be()
    {
        await using var engine = new InferenceEngine(AloneReference.Load(AloneReference.Options), new EngineOptions { MaxSequences = 2, QueueLimit = int.MaxValue });
        Assert.Equal(2, (await EngineRuns.IdsAsync(engine, EngineRuns.Request([5], 2))).Length);
    }

    [Theory]
    [InlineData(2, "100:1 5:1")]
    [InlineData(4, "100:1 5:1 6:1 7:1")]
    [InlineData(1, "100:1")]
    [InlineData(40, "100:22 5:5 6:6 7:7")]
    [InlineData(15, "100:4 5:3 6:4 7:4")]
    public void Short_prompts_go_first_but_the_oldest_is_never_passed_over(int budget, string expected)
    {
        CachedSequence empty = alone.Model.Runner.Cache.Add();
        EngineSequence[] sequences = [.. new[] { 100, 7, 6, 5 }.Select(length =>
        {
            var sequence = new EngineSequence(EngineRuns.Request(new int[length], 1), alone.Model, () => { });
            sequence.Enter(empty);
            return sequence;
        })];
        var pieces = PrefillPieces.Choose(sequences, budget);
        alone.Model.Runner.Cache.Remove(empty);
        Assert.Equal(expected, string.Join(' ', pieces.Select(piece => $"{piece.Sequence.PromptLeft}:{piece.Count}").Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Options_out_of_their_range_are_refused_by_name()
    {
        Refuse(new EngineOptions { MaxSequences = 0 }, "the number of sequences is 0; expected at least 1");
        Refuse(new EngineOptions { QueueLimit = -1 }, "the queue limit is -1; expected 0 or more");
        Refuse(new EngineOptions { PrefillChunk = 0 }, "the prefill chunk is 0; expected at least 1");
        Refuse(new EngineOptions { CacheBytes = 0 }, "the number of cache bytes is 0; expected more than 0");
        Refuse(new EngineOptions { PrefixCacheBytes = -1 }, "the number of prefix cache bytes is -1; expected 0 or more");

        static void Refuse(EngineOptions options, string message) => Assert.Equal(message, Assert.Throws<NemotronHException>(options.Validate).Message);
    }
}
