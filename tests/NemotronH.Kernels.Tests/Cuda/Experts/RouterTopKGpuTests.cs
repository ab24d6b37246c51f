using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Experts;

[Trait("Category", "Gpu")]
public sealed class RouterTopKGpuTests
{
    private const double Epsilon = 1e-5;

    public static TheoryData<int, int, int, int, int, bool, int> Shapes => new()
    {
        { 2688, 128, 6, 1, 1, true, 1 },
        { 2688, 128, 6, 1, 1, true, 5 },
        { 2688, 128, 6, 1, 1, true, 64 },
        { 4096, 512, 22, 1, 1, true, 128 },
        { 4096, 512, 22, 8, 4, false, 33 },
        { 72, 40, 3, 4, 2, true, 7 },
        { 8, 1, 1, 1, 1, true, 2 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_kernel_gives_what_the_reference_gives(
        int hidden, int experts, int topK, int groups, int topGroups, bool normalize, int batch)
    {
        using KernelRun run = new();
        RouterShape shape = new(hidden, experts, topK, groups, topGroups, normalize, 2.5f);
        Tensor input = KernelRun.Noise(batch, hidden), bias = KernelRun.Noise(experts).mul(0.1);
        Tensor weight = KernelRun.Noise(experts, hidden).div(Math.Sqrt(hidden));
        (Tensor ids, Tensor weights, Tensor logits) = Launch(run, shape, input, weight, bias);
        Tensor wide = RmsNormReference.Compute(input.to(ScalarType.Float64), Norm(hidden), Epsilon);
        Tensor expected = wide.matmul(weight.to(ScalarType.Float64).t());
        Assert.InRange(Numbers.RelativeError(logits, expected), 0, 1e-5);

        // Logits that differ in the last bit may swap two experts that are nearly equal: what is chosen must be as good.
        Tensor scores = logits.sigmoid(), choice = scores + bias;
        Assert.InRange(Numbers.RelativeError(weights, Weights(shape, scores, ids)), 0, 1e-5);
        (Tensor best, _) = RouterTopKReference.Route(shape, wide, weight, bias);
        Assert.InRange((choice.gather(-1, best) - choice.gather(-1, ids.to(ScalarType.Int64))).abs().max().item<float>(), 0, 1e-6);
        (Tensor distinct, _) = sort(ids);
        Assert.True(topK == 1 || distinct.diff(dim: -1).gt(0).all().item<bool>());
    }

    [Fact]
    public void Equal_experts_are_taken_lowest_first_and_a_row_is_the_same_in_every_batch()
    {
        using KernelRun run = new();
        RouterShape shape = new(256, 64, 8);
        Tensor weight = KernelRun.Noise(32, 256).repeat_interleave(2, 0), bias = zeros(64, device: CUDA), input = KernelRun.Noise(128, 256);
        (Tensor ids, Tensor weights, _) = Launch(run, shape, input, weight, bias);
        Assert.True(ids.view(128, 4, 2).diff(dim: -1).eq(1).all().item<bool>());
        foreach (int batch in new[] { 1, 2, 16, 64 })
        {
            (Tensor few, Tensor fewWeights, _) = Launch(run, shape, input.narrow(0, 0, batch), weight, bias);
            Assert.True(KernelRun.Same(few, ids.narrow(0, 0, batch)));
            Assert.True(KernelRun.Same(fewWeights, weights.narrow(0, 0, batch)));
        }
    }

    [Fact]
    public void A_tensor_that_does_not_fit_is_refused_by_name()
    {
        using KernelRun run = new();
        RouterShape shape = new(64, 8, 2);
        Tensor narrow = KernelRun.Noise(1, 32);
        var exception = Assert.Throws<ArgumentException>(() => Launch(run, shape, narrow, KernelRun.Noise(8, 64), KernelRun.Noise(8)));
        Assert.StartsWith("residual is Float32 [1, 32]", exception.Message);
    }

    /// <summary>A norm's weight, the same every time.</summary>
    private static Tensor Norm(int hidden) => Numbers.Uniform(7, 0.5, 1.5, hidden).cuda();

    private static Tensor Weights(RouterShape shape, Tensor scores, Tensor ids)
    {
        Tensor weights = scores.gather(-1, ids.to(ScalarType.Int64));
        return (shape.Normalize ? weights / weights.sum(-1, keepdim: true) : weights) * shape.ScalingFactor;
    }

    /// <summary>Twice, for the counters must be as they were after the first launch.</summary>
    private static (Tensor Ids, Tensor Weights, Tensor Logits) Launch(
        KernelRun run, RouterShape shape, Tensor input, Tensor weight, Tensor bias)
    {
        int batch = (int)input.size(0);
        RouterTopK router = new(run.Library, shape, batch);
        Tensor arrivals = zeros(router.Arrivals, ScalarType.Int32, CUDA), logits = empty(batch, shape.Experts, ScalarType.Float32, CUDA);
        Tensor ids = empty(batch, shape.TopK, ScalarType.Int32, CUDA), weights = empty(batch, shape.TopK, ScalarType.Float32, CUDA);
        int active = ActiveEntries.MostActive(shape.Experts, shape.TopK, batch);
        Tensor slots = zeros(batch, ScalarType.Int32, CUDA), norm = Norm(shape.Hidden);
        Tensor normed = KernelRun.Poisoned(ScalarType.BFloat16, batch, shape.Hidden), low = normed.clone();
        ActiveEntries choice = new(
            empty(1, ScalarType.Int32, CUDA),
            empty(active, ScalarType.Int32, CUDA),
            empty(active + 1, ScalarType.Int32, CUDA),
            empty(batch * shape.TopK, ScalarType.Int32, CUDA));
        for (int launch = 0; launch < 2; launch++)
        {
            logits.fill_(float.NaN);
            ids.fill_(-77);
            weights.fill_(float.NaN);
            router.Launch(run.Stream, input, norm, Epsilon, weight, bias, slots, -1, normed, low, logits, arrivals, ids, weights, choice);
        }

        Assert.Equal(0, arrivals.abs().sum().item<long>());
        Tensor whole = RmsNormReference.Compute(input, norm, Epsilon);
        Numbers.AssertClose(Numbers.Sum(normed, low), whole, Numbers.Float32Tolerance);
        Numbers.AssertRest(normed, low);
        return (ids, weights, logits);
    }
}
