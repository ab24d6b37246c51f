using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Interop;

/// <summary>Operators that are called through the dispatcher, against the same written out in plain operations.</summary>
public sealed class AtenOperatorsTests : IDisposable
{
    private readonly long _tensorsBefore;
    private readonly TorchSharp.DisposeScope _scope;

    public AtenOperatorsTests()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _tensorsBefore = Tensor.TotalCount;
        _scope = NewDisposeScope();
        manual_seed(3);
    }

    /// <summary>No test may leave a tensor behind.</summary>
    public void Dispose()
    {
        _scope.Dispose();
        Assert.Equal(_tensorsBefore, Tensor.TotalCount);
    }

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(7, 19, false)]
    [InlineData(33, 33, true)]
    [InlineData(130, 300, false)]
    public void Attention_on_the_host_gives_its_sums_of_exponentials_too(int queries, int keys, bool causal)
    {
        Tensor q = randn([2, 3, queries, 16]), k = randn([2, 1, keys, 16]).expand(2, 3, keys, 16), v = randn([2, 1, keys, 16]).expand(2, 3, keys, 16);
        Tensor scores = q.matmul(k.transpose(-1, -2)) * 0.25;
        scores = causal ? scores.masked_fill(ones([queries, keys], ScalarType.Bool).triu(1), double.NegativeInfinity) : scores;

        (Tensor output, Tensor logSumExp) = AtenOperators.HostAttention(q, k, v, causal);

        Assert.Equal([2, 3, queries, 16], output.shape);
        Assert.Equal([2, 3, queries], logSumExp.shape);
        Assert.True(allclose(scores.softmax(-1).matmul(v), output, 1e-4, 1e-5));
        Assert.True(allclose(scores.logsumexp(-1), logSumExp, 1e-4, 1e-5));
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Groups_of_rows_are_multiplied_by_a_matrix_each(ScalarType dtype)
    {
        int[] counts = [3, 0, 5, 1, 0];
        Tensor input = randn([9, 16]).to(dtype), weights = randn([5, 24, 16]).to(dtype);
        int end = 0;
        Tensor ends = tensor(counts.Select(count => end += count).ToArray(), dtype: ScalarType.Int32);

        Tensor product = AtenOperators.GroupedMatmul(input, weights, ends);

        int first = 0;
        Assert.Equal([9, 24], product.shape);
        for (int group = 0; group < counts.Length; group++)
        {
            Tensor expected = input.narrow(0, first, counts[group]).matmul(weights[group].transpose(0, 1));
            Assert.True(allclose(expected, product.narrow(0, first, counts[group]), dtype == ScalarType.Float32 ? 1e-5 : 1e-2, 1e-5));
            first += counts[group];
        }
    }

    [Fact]
    public void Arguments_that_libtorch_would_misread_are_refused_by_name()
    {
        Tensor input = zeros([4, 16]), weights = zeros([2, 8, 16]), ends = zeros([2], ScalarType.Int32);

        Refused("input", () => AtenOperators.GroupedMatmul(zeros([4, 8]), weights, ends));
        Refused("input", () => AtenOperators.GroupedMatmul(input.to(ScalarType.BFloat16), weights, ends));
        Refused("ends", () => AtenOperators.GroupedMatmul(input, weights, zeros([3], ScalarType.Int32)));
        Refused("ends", () => AtenOperators.GroupedMatmul(input, weights, zeros([2], ScalarType.Int64)));
        Refused("keys", () => AtenOperators.HostAttention(zeros([1, 1, 2, 8]), zeros([1, 2, 8]), zeros([1, 1, 2, 8]), false));
        Refused("queries", () => AtenOperators.FlashAttention(zeros([4, 2, 8]), zeros([4, 2, 8]), zeros([4, 2, 8]), ends, ends, 4, 4));

        static void Refused(string name, Func<object> call) =>
            Assert.StartsWith(name, Assert.ThrowsAny<ArgumentException>(call).Message, StringComparison.Ordinal);
    }
}
