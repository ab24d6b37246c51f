using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

public sealed class DequantizeEmbeddingTests : IDisposable
{
    private const string Module = "backbone.embeddings";

    private readonly StoredTensors _source = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _source.Dispose();
    }

    [Theory]
    [InlineData("nvfp4", ScalarType.Float32)]
    [InlineData("nvfp4", ScalarType.BFloat16)]
    [InlineData("fp8", ScalarType.Float32)]
    [InlineData("fp8", ScalarType.BFloat16)]
    public void Rows_are_looked_up_and_scored(string format, ScalarType dtype)
    {
        var random = new RandomWeights(9);
        double[,] values = format == "nvfp4" ? random.AddNvfp4(_source, Module, 50, 64) : random.AddFp8(_source, Module, 50, 64);
        using EmbeddingMethod table = new WeightLoader(_source, new WeightOptions { ComputeDtype = dtype }).LoadEmbedding(Module, 50, 64);
        Tensor exact = tensor(values.Cast<double>().Select(value => (float)value).ToArray()).view(50, 64).to(dtype);
        Tensor ids = tensor([49L, 0L, 7L, 49L]);

        Assert.Equal(format, table.Format);
        Assert.Equal(_source.Names.Sum(name => _source[name].NumberOfElements * _source[name].element_size()), table.WeightBytes);
        RandomWeights.AssertSame(table.forward(ids), exact.index_select(0, ids));
        Tensor hidden = random.Input(3, 64).to(dtype);
        RandomWeights.AssertClose(RandomWeights.ToDoubles(nn.functional.linear(hidden, exact)), table.Score(hidden), 1e-6);
    }

    [Fact]
    public void Looking_up_and_scoring_leaves_no_tensor_behind()
    {
        new RandomWeights(9).AddNvfp4(_source, Module, 50, 64);
        using EmbeddingMethod table = new WeightLoader(_source, new WeightOptions()).LoadEmbedding(Module, 50, 64);
        Tensor ids = tensor([49L, 0L]), hidden = ones([2, 64]);
        table.Score(hidden).Dispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        for (int i = 0; i < 10; i++)
        {
            table.forward(ids).Dispose();
            table.Score(hidden).Dispose();
        }

        // Finalizers of other tests' tensors may still take some away.
        Assert.InRange(Tensor.TotalCount, 0, before);
    }
}
