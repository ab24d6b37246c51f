using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Sampling;

[Trait("Category", "Gpu")]
public sealed class SampleTokensGpuTests
{
    [Theory]
    [InlineData(131072, 1)]
    [InlineData(131072, 128)]
    [InlineData(32001, 5)]
    [InlineData(257, 33)]
    [InlineData(1, 2)]
    public void The_kernel_draws_what_the_reference_draws_by_sorting(int vocabulary, int batch)
    {
        using KernelRun run = new();
        SampleTokens sampler = new(run.Library, batch, vocabulary);
        for (int trial = 0; trial < 6; trial++)
        {
            using SamplingRows rows = RandomRows(batch, vocabulary, seed: trial);

            // Noise; with many equal logits; flat; peaked.
            Tensor noise = KernelRun.Noise(batch, vocabulary);
            Tensor logits = (trial % 4) switch { 0 => noise * 3, 1 => (noise * 4).round() / 4, 2 => noise * 0, _ => noise * 30 };
            Tensor tokens = KernelRun.Poisoned(ScalarType.Int32, batch);
            sampler.Launch(run.Stream, logits, rows, tokens);
            Assert.Equal(SampleTokensReference.Sample(logits, rows), tokens.cpu().data<int>().ToArray());
        }
    }

    [Fact]
    public void A_row_draws_the_same_in_every_batch()
    {
        using KernelRun run = new();
        using SamplingRows rows = RandomRows(64, 5000, seed: 9);
        Tensor logits = KernelRun.Noise(64, 5000) * 2, all = KernelRun.Poisoned(ScalarType.Int32, 64);
        new SampleTokens(run.Library, 64, 5000).Launch(run.Stream, logits, rows, all);
        for (int row = 0; row < 64; row += 7)
        {
            SamplingRows one = new(
                rows.Temperature.narrow(0, row, 1), rows.TopK.narrow(0, row, 1), rows.TopP.narrow(0, row, 1),
                rows.MinP.narrow(0, row, 1), rows.Seed.narrow(0, row, 1), rows.Draws.narrow(0, row, 1));
            Tensor token = KernelRun.Poisoned(ScalarType.Int32, 1);
            new SampleTokens(run.Library, 1, 5000).Launch(run.Stream, logits.narrow(0, row, 1), one, token);
            Assert.Equal(all[row].item<int>(), token.item<int>());
        }
    }

    [Theory]
    [InlineData(131072, 1)]
    [InlineData(131072, 128)]
    [InlineData(32001, 3)]
    [InlineData(7, 2)]
    public void The_most_likely_token_is_the_lowest_of_equals_and_none_where_logits_are_not_finite(int vocabulary, int batch)
    {
        using KernelRun run = new();
        SampleTokens sampler = new(run.Library, batch, vocabulary);
        for (int trial = 0; trial < 3; trial++)
        {
            Tensor logits = (KernelRun.Noise(batch, vocabulary) * 4).round() / 4;
            if (batch > 1)
            {
                logits[1, vocabulary / 2] = float.NaN;
            }

            Tensor tokens = KernelRun.Poisoned(ScalarType.Int32, batch);
            using SamplingRows greedy = SamplingRows.Greedy(batch, CUDA);
            sampler.Launch(run.Stream, logits, greedy, tokens);
            Assert.Equal(SampleTokensReference.Sample(logits, greedy), tokens.cpu().data<int>().ToArray());
        }
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_refused_by_name()
    {
        using KernelRun run = new();
        using SamplingRows rows = SamplingRows.Greedy(2, CUDA);
        SampleTokens sampler = new(run.Library, 1, 10);
        Tensor token = KernelRun.Poisoned(ScalarType.Int32, 1);
        string message = Assert.Throws<ArgumentException>(() => sampler.Launch(run.Stream, KernelRun.Noise(1, 10), rows, token)).Message;
        Assert.StartsWith("Temperature is Float64 [2]", message);
        message = Assert.Throws<ArgumentException>(() => sampler.Launch(run.Stream, KernelRun.Noise(1, 11), rows, token)).Message;
        Assert.StartsWith("logits is Float32 [1, 11]", message);
    }

    private static SamplingRows RandomRows(int batch, int vocabulary, int seed)
    {
        var random = new Random(seed);
        return new SamplingRows(
            Each(_ => random.Next(4) * 0.5),
            Each(_ => (random.Next(3) switch { 0 => 0, 1 => 1 + random.Next(60), _ => vocabulary + random.Next(2) })).to(ScalarType.Int32),
            Each(_ => random.Next(2) == 0 ? 1 : 1 - random.NextDouble()),
            Each(_ => random.Next(2) == 0 ? 0 : random.NextDouble() * 0.3),
            tensor(Enumerable.Range(0, batch).Select(_ => random.NextInt64(long.MinValue, long.MaxValue)).ToArray(), device: CUDA),
            Each(_ => random.Next(1000)).to(ScalarType.Int64));

        Tensor Each(Func<int, double> value) => tensor(Enumerable.Range(0, batch).Select(value).ToArray(), device: CUDA);
    }
}
