using NemotronH.Generation;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation.Engine;

/// <summary>What an answer carries: text, ends, log-probabilities, and what a constraint does to it.</summary>
public sealed class AnswerTests(AloneReference alone) : IClassFixture<AloneReference>
{
    private static readonly int[] Prompt = [17, 40, 33, 90, 21];

    [Fact]
    public async Task Text_stop_strings_and_finish_reasons_are_those_of_a_lone_run()
    {
        await using InferenceEngine engine = Engine();
        IReadOnlyList<int> prompt = engine.Tokenizer!.Encode("The king");
        string whole = string.Concat(alone.Model.Generate("The king", new GenerationOptions { MaxTokens = 30, Temperature = 0 }, TestContext.Current.CancellationToken));
        string stop = whole.Substring(whole.Length / 2, 3);

        GeneratedToken[] full = await RunAsync(engine, new EngineRequest { PromptIds = prompt, Options = new GenerationOptions { MaxTokens = 30, Temperature = 0 } });
        GeneratedToken[] stopped = await RunAsync(engine, new EngineRequest { PromptIds = prompt, Options = new GenerationOptions { MaxTokens = 30, Temperature = 0, StopStrings = [stop] } });

        Assert.Equal(whole, string.Concat(full.Select(token => token.Text)));
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], string.Concat(stopped.Select(token => token.Text)));
        Assert.Equal(FinishReason.Stop, stopped[^1].FinishReason);
        Assert.All(full.SkipLast(1).Concat(stopped.SkipLast(1)), token => Assert.Null(token.FinishReason));
    }

    [Fact]
    public async Task Log_probabilities_are_the_log_softmax_of_the_logits()
    {
        await using InferenceEngine engine = Engine();
        await using EngineGeneration generation = engine.Submit(EngineRuns.Request(Prompt, 6) with { TopLogProbs = 3, PromptLogProbs = true });
        GeneratedToken[] tokens = await EngineRuns.ReadAsync(generation);
        int[] all = [.. Prompt, .. tokens.Select(token => token.Id)];
        using Tensor logits = alone.Model.ComputeLogits(all, cancellationToken: TestContext.Current.CancellationToken);
        using Tensor expected = nn.functional.log_softmax(logits, -1);
        (Tensor values, Tensor ids) = expected.topk(3, -1);

        Assert.Null(generation.PromptLogProbs[0]);
        (float LogProb, IReadOnlyList<TokenLogProb> Top)[] actual =
        [
            .. generation.PromptLogProbs.Skip(1).Select(score => (score!.LogProb, score.Top)),
            .. tokens.Select(token => (token.LogProb!.Value, token.Top)),
        ];
        Assert.Equal(all.Length - 1, actual.Length);
        for (int i = 0; i < actual.Length; i++)
        {
            Assert.Equal(expected[i, all[i + 1]].item<float>(), actual[i].LogProb, 1e-4);
            Assert.Equal(ids[i].data<long>().ToArray(), actual[i].Top.Select(top => (long)top.Id));
            Assert.Equal(values[i][2].item<float>(), actual[i].Top[2].LogProb, 1e-4);
        }
    }

    [Fact]
    public async Task A_prompt_that_is_scored_is_computed_in_full_and_in_pieces_alike()
    {
        int[] prompt = alone.RandomIds(new Random(1), 150);
        await using InferenceEngine engine = Engine();
        await EngineRuns.IdsAsync(engine, EngineRuns.Request(prompt, 1));

        await using EngineGeneration generation = engine.Submit(EngineRuns.Request(prompt, 0, 33, 70) with { PromptLogProbs = true });
        await EngineRuns.ReadAsync(generation);

        using Tensor logits = alone.Model.ComputeLogits(prompt, cancellationToken: TestContext.Current.CancellationToken);
        using Tensor expected = nn.functional.log_softmax(logits, -1);
        Assert.Equal(0, generation.Usage.CachedTokens);
        Assert.All(Enumerable.Range(1, 149), i => Assert.Equal(expected[i - 1, prompt[i]].item<float>(), generation.PromptLogProbs[i]!.LogProb, 1e-4));
    }

    [Fact]
    public async Task A_constraint_chooses_and_ends()
    {
        await using InferenceEngine engine = Engine();
        GeneratedToken[] tokens = await RunAsync(engine, EngineRuns.Request(Prompt, 50) with { Constraint = new Countdown(7) });

        Assert.Equal([7, 6, 5, 4, 3], tokens.Select(token => token.Id));
        Assert.Equal(FinishReason.Stop, tokens[^1].FinishReason);
    }

    [Fact]
    public async Task A_constraint_that_fails_ends_its_own_request_only()
    {
        await using InferenceEngine engine = Engine();
        Task<GeneratedToken[]> other = RunAsync(engine, EngineRuns.Request(Prompt, 40));
        Task<GeneratedToken[]> nothingLeft = RunAsync(engine, EngineRuns.Request(Prompt, 40) with { Constraint = new Countdown(-1) });
        Task<GeneratedToken[]> broken = RunAsync(engine, EngineRuns.Request(Prompt, 40) with { Constraint = new Countdown(2000) });

        Assert.Equal(
            "no token is left to choose: bias and constraint rule out all of them",
            (await Assert.ThrowsAsync<NemotronHException>(() => nothingLeft)).Message);
        await Assert.ThrowsAsync<IndexOutOfRangeException>(() => broken);
        alone.AssertSame(Prompt, [.. (await other).Select(token => token.Id)]);
        Assert.Equal(2, engine.Statistics.FailedRequests);
    }

    [Fact]
    public async Task The_model_is_described_without_touching_it()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(
            Fixtures.TinyModel,
            new EngineOptions { Model = AloneReference.Options, MaxSequences = 3 },
            cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(("tiny", 3, 1024), (engine.ModelName, engine.MaxSequences, engine.MaxContext));
        Assert.Contains(2, engine.EosTokenIds);
        Assert.Equal(0, alone.AssertSame(Prompt, await EngineRuns.IdsAsync(engine, EngineRuns.Request(Prompt, 8))));
    }

    private static InferenceEngine Engine() => new(AloneReference.Load(AloneReference.Options with { MaxSequences = 3 }), new EngineOptions { MaxSequences = 3, PrefillChunk = 64 });

    private static async Task<GeneratedToken[]> RunAsync(InferenceEngine engine, EngineRequest request)
    {
        await using EngineGeneration generation = engine.Submit(request);
        return await EngineRuns.ReadAsync(generation);
    }

    /// <summary>Allows one token, then the one before it, down to 3.</summary>
    private sealed class Countdown(int next) : TokenConstraint
    {
        private int _next = next;

        public override bool IsComplete => _next < 3;

        public override void Apply(Span<float> logits)
        {
            float kept = _next < 0 ? 0 : logits[_next];
            logits.Fill(float.NegativeInfinity);
            if (_next >= 0)
            {
                logits[_next] = kept;
            }
        }

        public override void Accept(int token) => _next = token - 1;
    }
}
