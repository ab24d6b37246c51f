using NemotronH.Generation;
using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation;

public sealed class DeviceSamplingTests
{
    private const int Steps = 40;
    private const int Vocabulary = 20_001;

    [Trait("Category", "Gpu")]
    [Theory]
    [InlineData(0.0, 0, 1.0, 0.0)]
    [InlineData(1.0, 0, 1.0, 0.0)]
    [InlineData(0.7, 50, 1.0, 0.0)]
    [InlineData(1.3, 0, 0.95, 0.0)]
    [InlineData(1.0, 0, 1.0, 0.02)]
    [InlineData(0.9, 200, 0.8, 0.01)]
    public void The_device_draws_the_tokens_that_the_host_draws(double temperature, int topK, double topP, double minP)
    {
        CudaContext context = Gpu.RequireContext();
        SamplingOptions options = new() { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, Seed = 2026 };
        Sampler host = new(options, []);
        using var scope = NewDisposeScope();
        using CudaStream stream = CudaStream.Create(context);
        using IDisposable guard = stream.UseForTorch();
        using SamplingRows rows = Rows(options);
        SampleTokens device = new(context.Kernels, 1, Vocabulary);
        Tensor token = zeros(1, ScalarType.Int32, CUDA);
        for (int step = 0; step < Steps; step++)
        {
            Tensor logits = randn(1, Vocabulary, device: CUDA) * 2;
            device.Launch(stream, logits, rows, token);
            rows.Draws.add_(1);
            Assert.Equal(host.Next(logits.cpu().data<float>().ToArray()), token.item<int>());
        }
    }

    private static SamplingRows Rows(SamplingOptions options) => new(
        full(1, options.Temperature, ScalarType.Float64, CUDA),
        full(1, options.TopK, ScalarType.Int32, CUDA),
        full(1, options.TopP, ScalarType.Float64, CUDA),
        full(1, options.MinP, ScalarType.Float64, CUDA),
        full(1, options.Seed!.Value, ScalarType.Int64, CUDA),
        zeros(1, ScalarType.Int64, CUDA));
}
