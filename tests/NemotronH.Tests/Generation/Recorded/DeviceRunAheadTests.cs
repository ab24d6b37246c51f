using NemotronH.Generation;
using NemotronH.Kernels.Tests.Gpu;
using NemotronH.Quantization;
using NemotronH.Tests.Checkpoints;
using NemotronH.Tests.Generation.Engine;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation.Recorded;

/// <summary>A GPU that chooses its tokens itself, a step ahead, gives what the host chooses step by step.</summary>
[Trait("Category", "Gpu")]
public sealed class DeviceRunAheadTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 40).Select(i => (i * 37) % 500)];

    [Theory]
    [InlineData(0.0, null)]
    [InlineData(0.8, 0.9)]
    public async Task The_device_chooses_the_ids_that_the_host_chooses(double temperature, double? topP)
    {
        Gpu.RequireContext();
        var options = new GenerationOptions { Temperature = temperature, TopP = topP, Seed = 7, MaxTokens = 150, IgnoreEos = true };
        int[] run;
        using (LanguageModel model = Load(Fixtures.TinyModel, 1))
        using (GenerationRun generation = model.Start(Prompt, options))
        {
            while (generation.MoveNext(TestContext.Current.CancellationToken))
            {
            }

            run = [.. generation.OutputIds];
        }

        await using var engine = new InferenceEngine(Load(Fixtures.TinyModel, 1), new EngineOptions { MaxSequences = 1, PrefixCacheBytes = 0 });
        int[] device = await EngineRuns.IdsAsync(engine, new EngineRequest { PromptIds = Prompt, Options = options });
        int[] host = await EngineRuns.IdsAsync(engine, new EngineRequest { PromptIds = Prompt, Options = options, TopLogProbs = 0 });

        Assert.Equal(150, host.Length);
        Assert.Equal(host, device);
        Assert.Equal(host, run);
    }

    [Fact]
    public async Task What_is_kept_of_an_answer_that_ended_is_what_its_prompt_alone_gives()
    {
        Gpu.RequireContext();
        var greedy = new GenerationOptions { Temperature = 0, MaxTokens = 24, IgnoreEos = true };
        int[] ids;
        await using (var plain = new InferenceEngine(Load(Fixtures.TinyModel, 4), new EngineOptions { MaxSequences = 4 }))
        {
            ids = await EngineRuns.IdsAsync(plain, new EngineRequest { PromptIds = Prompt, Options = greedy });
        }

        using var directory = new TemporaryDirectory();
        RunAheadTests.WriteWithEnds(directory, [ids[11]]);
        await using var engine = new InferenceEngine(Load(directory.Path, 4), new EngineOptions { MaxSequences = 4 });
        await using var fresh = new InferenceEngine(Load(directory.Path, 4), new EngineOptions { MaxSequences = 4, PrefixCacheBytes = 0 });

        // Another sequence keeps the steps going while this one has ended.
        await using EngineGeneration other = engine.Submit(new EngineRequest { PromptIds = [5, 6, 7], Options = greedy with { MaxTokens = 200 } });
        int[] answer = await EngineRuns.IdsAsync(engine, new EngineRequest { PromptIds = Prompt, Options = greedy with { IgnoreEos = false } });
        Assert.Equal(ids[11], answer[^1]);

        int[] next = [.. Prompt, .. answer, 9];
        var request = new EngineRequest { PromptIds = next, Options = greedy with { MaxTokens = 1 }, TopLogProbs = 8 };
        await using EngineGeneration continued = engine.Submit(request), computed = fresh.Submit(request);
        TokenLogProb[] actual = [.. (await EngineRuns.ReadAsync(continued))[0].Top.OrderBy(top => top.Id)];
        TokenLogProb[] expected = [.. (await EngineRuns.ReadAsync(computed))[0].Top.OrderBy(top => top.Id)];
        Assert.Equal(next.Length - 2, continued.Usage.CachedTokens);
        int shared = expected.IntersectBy(actual.Select(top => top.Id), top => top.Id).Count();
        double worst = expected.Join(actual, top => top.Id, top => top.Id, (a, b) => Math.Abs(a.LogProb - b.LogProb)).Max();
        TestContext.Current.TestOutputHelper?.WriteLine($"{shared} of 8 likeliest tokens the same, log-probabilities within {worst:g2}");
        Assert.InRange(shared, 6, 8);
        Assert.InRange(worst, 0, 0.1);
    }

    [Fact]
    public void A_model_that_there_are_no_kernels_for_is_decoded_by_its_modules_and_says_so()
    {
        Gpu.RequireContext();
        var options = new ModelOptions { Device = CUDA, MaxContext = 64, Fp8Method = Fp8Method.W8A8 };
        using LanguageModel model = LanguageModel.Load(Fixtures.Directory("quantized", "dense-fp8"), options);
        using GenerationRun run = model.Start([1, 2, 3], new GenerationOptions { MaxTokens = 12, Temperature = 0, IgnoreEos = true });
        while (run.MoveNext(TestContext.Current.CancellationToken))
        {
        }

        Assert.Contains("a reference without kernels; expected W8A16", model.DecodeNote);
        using Tensor logits = model.ComputeLogits([1, 2, 3, .. run.OutputIds], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(12, run.OutputIds.Count);
        Assert.Equal(logits[2].argmax().item<long>(), run.OutputIds[0]);
    }

    private static LanguageModel Load(string directory, int sequences) =>
        LanguageModel.Load(directory, new ModelOptions { Device = CUDA, MaxContext = 320, MaxSequences = sequences });
}
