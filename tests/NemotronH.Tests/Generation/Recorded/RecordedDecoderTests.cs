using NemotronH.Caching;
using NemotronH.Generation;
using NemotronH.Kernels.Tests.Gpu;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation.Recorded;

/// <summary>The recorded decode step of a GPU, held to the modules, to single launches and to itself among other sequences.</summary>
[Trait("Category", "Gpu")]
public sealed class RecordedDecoderTests
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 40).Select(i => (i * 37) % 500)];

    public static TheoryData<string> Checkpoints() => [.. System.IO.Directory.GetDirectories(Fixtures.Directory("hf")).Select(path => Path.GetFileName(path)!)];

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void A_graph_gives_the_bits_that_single_launches_give(string checkpoint)
    {
        Gpu.RequireContext();
        string directory = Fixtures.Directory("hf", checkpoint);
        int[] ids = [.. Prompt.Select(id => id % NemotronH.Configuration.NemotronHConfigReader.Load(directory).VocabSize)];
        Assert.Equal(Logits(directory, ids, useGraph: false), Logits(directory, ids, useGraph: true));
    }

    [Theory]
    [InlineData(Nvfp4Method.Dequantize)]
    [InlineData(Nvfp4Method.Fused)]
    public void A_sequence_gets_the_same_bits_alone_and_among_others_of_its_batch_size(Nvfp4Method method)
    {
        Gpu.RequireContext();
        using LanguageModel model = Load(Fixtures.TinyNvfp4Model, sequences: 4, method);
        float[] alone = Decode(model, 3, [Prompt, Other(1), Other(2)]);
        Assert.Equal(alone, Decode(model, 3, [Prompt, Other(5), Other(6)]));
    }

    [Fact]
    public void Batch_sizes_differ_by_rounding_alone()
    {
        Gpu.RequireContext();
        using LanguageModel model = Load(Fixtures.TinyModel, sequences: 9, null);
        float[] alone = Decode(model, 1, [Prompt]);
        float[] among = Decode(model, 9, [.. Enumerable.Range(0, 9).Select(i => i == 0 ? Prompt : Other(i))]);
        double deviation = Math.Sqrt(alone.Select(x => (double)x * x).Average());
        double worst = alone.Zip(among, (a, b) => Math.Abs(a - b)).Max() / deviation;
        TestContext.Current.TestOutputHelper?.WriteLine($"batch 1 against 9 in a batch of 16: at most {worst:g2} of the logits' deviation");
        Assert.InRange(worst, 0, 0.1);
    }

    [Fact]
    public void Both_ways_of_applying_NVFP4_agree_to_bf16_rounding()
    {
        Gpu.RequireContext();
        using LanguageModel dequantized = Load(Fixtures.TinyNvfp4Model, 1, Nvfp4Method.Dequantize), fused = Load(Fixtures.TinyNvfp4Model, 1, Nvfp4Method.Fused);
        float[] expected = Decode(dequantized, 1, [Prompt]), actual = Decode(fused, 1, [Prompt]);
        double deviation = Math.Sqrt(expected.Select(x => (double)x * x).Average());
        double worst = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max() / deviation;
        TestContext.Current.TestOutputHelper?.WriteLine($"fused against dequantised: at most {worst:g2} of the logits' deviation");
        Assert.InRange(worst, 0, 0.1);
    }

    [Fact]
    public async Task An_engine_gives_the_ids_that_the_model_gives_alone()
    {
        Gpu.RequireContext();
        var options = new GenerationOptions { Temperature = 0, MaxTokens = 48, IgnoreEos = true };
        int[] expected;
        using (LanguageModel model = Load(Fixtures.TinyModel, sequences: 1, null))
        using (GenerationRun run = model.Start(Prompt, options))
        {
            while (run.MoveNext(TestContext.Current.CancellationToken))
            {
            }

            expected = [.. run.OutputIds];
        }

        await using var engine = new InferenceEngine(Load(Fixtures.TinyModel, sequences: 4, null), new EngineOptions { MaxSequences = 4 });
        EngineGeneration[] running = [.. Enumerable.Range(0, 3).Select(_ => engine.Submit(new EngineRequest { PromptIds = Prompt, Options = options }))];
        foreach (EngineGeneration generation in running)
        {
            var ids = new List<int>();
            await foreach (GeneratedToken token in generation.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                ids.Add(token.Id);
            }

            Assert.Equal(expected, ids);
        }
    }

    private static LanguageModel Load(string directory, int sequences, Nvfp4Method? method, bool useGraph = true) => LanguageModel.Load(directory, new ModelOptions
    {
        Device = CUDA,
        MaxContext = 256,
        MaxSequences = sequences,
        Nvfp4Method = method,
        UseCudaGraph = useGraph,
    });

    private static int[] Other(int seed) => [.. Prompt.Select(id => (id + (seed * 11)) % 500)];

    private static float[] Logits(string directory, int[] ids, bool useGraph)
    {
        using LanguageModel model = Load(directory, 1, null, useGraph);
        return Decode(model, 1, [ids]);
    }

    /// <summary>Decodes prompts together, after their first token, and returns the first one's logits of all steps.</summary>
    private static float[] Decode(LanguageModel model, int sequences, int[][] prompts)
    {
        using var scope = NewDisposeScope();
        ModelCache cache = model.Runner.Cache;
        CachedSequence[] rows = [.. Enumerable.Range(0, sequences).Select(_ => cache.Add())];
        for (int i = 0; i < sequences; i++)
        {
            model.Runner.Prefill(rows[i], prompts[i].AsMemory(0, 1)).Dispose();
        }

        var logits = new List<float>();
        for (int step = 1; step < prompts[0].Length; step++)
        {
            using Tensor scored = model.Runner.Decode([.. rows.Select((row, i) => (row, prompts[i][step]))]);
            logits.AddRange(scored[0].cpu().data<float>().ToArray());
        }

        Array.ForEach(rows, cache.Remove);
        return [.. logits];
    }
}
