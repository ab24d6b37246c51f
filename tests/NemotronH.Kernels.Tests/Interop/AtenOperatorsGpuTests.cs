using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Interop;

/// <summary>The dispatcher's operators on a GPU, against float32 on the CPU.</summary>
[Trait("Category", "Gpu")]
public sealed class AtenOperatorsGpuTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(8, 2, 128)]
    [InlineData(32, 2, 128)]
    [InlineData(4, 4, 64)]
    [InlineData(4, 2, 16)]
    public void Packed_sequences_attend_to_the_lower_right_triangle_of_their_own_keys(int heads, int keyHeads, int headDim)
    {
        Gpu.Gpu.RequireContext();
        manual_seed(4);
        (int Queries, int Keys)[] sequences = [(5, 5), (1, 300), (130, 200), (1, 1), (129, 129), (64, 1000)];
        Tensor[] q = [.. sequences.Select(s => randn([s.Queries, heads, headDim]).to(ScalarType.BFloat16))];
        Tensor[] k = [.. sequences.Select(s => randn([s.Keys, keyHeads, headDim]).to(ScalarType.BFloat16))];
        Tensor[] v = [.. sequences.Select(s => randn([s.Keys, keyHeads, headDim]).to(ScalarType.BFloat16))];

        Tensor output = AtenOperators.FlashAttention(
            cat(q, 0).cuda(), cat(k, 0).cuda(), cat(v, 0).cuda(), Offsets(sequences.Select(s => s.Queries)), Offsets(sequences.Select(s => s.Keys)), 130, 1000).cpu();

        int row = 0;
        for (int i = 0; i < sequences.Length; i++)
        {
            Tensor expected = Expected(q[i].@float(), k[i].@float(), v[i].@float());
            Tensor error = (output.narrow(0, row, sequences[i].Queries).@float() - expected).abs().max();
            Assert.InRange(error.item<float>(), 0, 0.02f);
            row += sequences[i].Queries;
        }
    }

    [Theory]
    [InlineData(16, 64, 96)]
    [InlineData(128, 2688, 1856)]
    public void Grouped_products_equal_those_one_by_one(int groups, int columns, int rows)
    {
        Gpu.Gpu.RequireContext();
        var random = new Random(groups);
        int[] counts = [.. Enumerable.Range(0, groups).Select(i => i % 3 == 1 ? 0 : random.Next(1, 60))];
        int total = counts.Sum(), end = 0;
        Tensor input = randn([total, columns], ScalarType.BFloat16, CUDA), weights = randn([groups, rows, columns], ScalarType.BFloat16, CUDA) / Math.Sqrt(columns);
        Tensor ends = tensor(counts.Select(count => end += count).ToArray(), dtype: ScalarType.Int32, device: CUDA);

        Tensor product = AtenOperators.GroupedMatmul(input, weights, ends);

        int first = 0;
        for (int group = 0; group < groups; group++)
        {
            Tensor expected = input.narrow(0, first, counts[group]).@float().matmul(weights[group].@float().transpose(0, 1));
            Tensor difference = (product.narrow(0, first, counts[group]).@float() - expected).norm();
            Assert.True(counts[group] == 0 || difference.item<float>() <= 0.01 * expected.norm().item<float>(), $"Group {group} differs.");
            first += counts[group];
        }
    }

    private static Tensor Offsets(IEnumerable<int> counts)
    {
        int end = 0;
        return tensor(counts.Select(count => end += count).Prepend(0).ToArray(), dtype: ScalarType.Int32, device: CUDA);
    }

    private static Tensor Expected(Tensor q, Tensor k, Tensor v)
    {
        long shared = q.size(1) / k.size(1), before = k.size(0) - q.size(0);
        Tensor keys = k.repeat_interleave(shared, 1).transpose(0, 1), values = v.repeat_interleave(shared, 1).transpose(0, 1);
        Tensor scores = q.transpose(0, 1).matmul(keys.transpose(1, 2)) / Math.Sqrt(q.size(2));
        Tensor hidden = ones([q.size(0), k.size(0)], ScalarType.Bool).triu(before + 1);
        return scores.masked_fill(hidden, double.NegativeInfinity).softmax(-1).matmul(values).transpose(0, 1);
    }
}
