using NemotronH.Benchmarks;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Generation.Recorded;
using NemotronH.Kernels.Tests.Gpu;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Tests.Benchmarks;

[Trait("Category", "Gpu")]
public sealed class GpuBenchmarkTests
{
    [Theory]
    [InlineData(RandomPrecision.BFloat16)]
    [InlineData(RandomPrecision.Fp8)]
    [InlineData(RandomPrecision.Official)]
    public void Steps_and_kernels_are_timed_on_a_GPU(RandomPrecision precision)
    {
        Gpu.RequireContext();
        var options = new BenchmarkOptions
        {
            Name = "tiny",
            Config = NemotronHConfigReader.Load(Fixtures.TinyModel),
            RandomWeights = precision,
            Device = CUDA,
            Nvfp4Methods = [Nvfp4Method.Dequantize, Nvfp4Method.Fused],
            Batches = [1, 3],
            Context = 100,
            Generate = 8,
            Repeat = 3,
            Prompts = [33],
            Launches = [StepLaunch.Graph, StepLaunch.Eager],
            Profile = true,
        };

        BenchmarkReport report = ModelBenchmark.Run(options, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(
            [(1, StepLaunch.Graph), (1, StepLaunch.Eager), (3, StepLaunch.Graph), (3, StepLaunch.Eager)],
            report.Decode.Where(result => result.Method == Nvfp4Method.Fused).Select(result => (result.Batch, result.Launch)));
        MoeConfig moe = options.Config.Moe!;
        Assert.All(report.Decode, result => Assert.True(result.HostMicroseconds!.Median > 0));
        Assert.All(report.Decode, result => Assert.Equal(result.Launch == StepLaunch.Eager, result.OfGraph is { Median: > 0 }));
        Assert.All(report.Decode, result => Assert.InRange(result.MeasuredExperts!.Value, moe.TopK, Math.Min(moe.NumExperts, moe.TopK * result.Batch)));
        Assert.Equal([Nvfp4Method.Dequantize, Nvfp4Method.Fused], report.Prefill.Select(result => result.Method));
        Assert.Equal([1, 3, 1, 3], report.Profiles.Select(profile => profile.Batch));
        Assert.All(report.Profiles.Where(profile => profile.Method == Nvfp4Method.Dequantize), profile => AssertWeightsAreCounted(profile, options.Config, report));
    }

    [Fact]
    public void Graph_and_single_launches_are_compared_over_the_same_tokens()
    {
        Gpu.RequireContext();
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, new ModelOptions { Device = CUDA, MaxContext = 128, MaxSequences = 3 });
        RecordedDecoder decoder = model.Runner.Decoder!;
        using var sequences = new FilledSequences(model.Runner.Cache, 3, 50, 20, model.Config.VocabSize);

        Assert.Equal(LastLogits(StepLaunch.Graph), LastLogits(StepLaunch.Eager));
        Assert.Equal(LastLogits(StepLaunch.Graph), LastLogits(StepLaunch.Graph));

        float[] LastLogits(StepLaunch launch)
        {
            int batch = DecodeBenchmark.Write(decoder, sequences, temperature: 1);
            for (int i = 0; i < 12; i++)
            {
                DecodeBenchmark.Queue(decoder, batch, launch);
            }

            decoder.Stream.Synchronize();
            using Tensor logits = decoder.StepOf(batch).Logits.narrow(0, 0, 3).cpu();
            return logits.data<float>().ToArray();
        }
    }

    /// <summary>What the kernels that read weights were found to read is what a step has to read of projections and head, whichever way.</summary>
    private static void AssertWeightsAreCounted(StepProfile profile, NemotronHConfig config, BenchmarkReport report)
    {
        int mamba = config.Layers.Count(kind => kind == LayerKind.Mamba);
        Assert.Contains(profile.Kernels, kernel => kernel.Name.StartsWith("lm_head ", StringComparison.Ordinal));
        var products = profile.Kernels.Where(kernel => kernel.Name.Contains("gemm", StringComparison.Ordinal));
        Assert.Equal(mamba, products.Where(kernel => kernel.Name.StartsWith("in_proj ", StringComparison.Ordinal)).Sum(kernel => kernel.Launches));
        DecodeResult step = report.Decode.First(result => result.Batch == profile.Batch && result.Method == profile.Method);
        double routed = step.Traffic.Experts * step.MeasuredExperts!.Value / step.ExpectedExperts!.Value;
        double expected = step.Traffic.Mamba + step.Traffic.Attention + step.Traffic.Shared + step.Traffic.Mlp + step.Traffic.Head + routed;
        Assert.InRange(profile.Kernels.Where(kernel => kernel.Name.Contains(": ", StringComparison.Ordinal)).Sum(kernel => kernel.Bytes ?? 0) / expected, 0.98, 1.02);
        Assert.All(profile.Kernels, kernel => Assert.True(kernel.StepMicroseconds > 0));
    }
}
