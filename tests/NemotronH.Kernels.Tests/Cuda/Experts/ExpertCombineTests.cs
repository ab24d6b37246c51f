using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Experts;

public sealed class ExpertCombineTests
{
    private const int DummySlot = 9;

    [Fact]
    public void The_reference_sums_by_weight_and_leaves_padding_rows_at_zero()
    {
        using var scope = NewDisposeScope();
        Tensor outputs = tensor(new[] { 1f, 2, 3, 4, 5, 6, 7, 8, float.NaN, 0, 0, 0, 0, 0, 0, float.NaN }).view(4, 4);
        Tensor weights = tensor(new[] { 0.5f, 0.25f, 1, 1 }).view(2, 2);
        Tensor sum = ExpertCombineReference.Combine(outputs, weights, tensor(new[] { 0, DummySlot }), DummySlot);
        Assert.Equal([1.75f, 2.5f, 3.25f, 4, 0, 0, 0, 0], sum.data<float>().ToArray());
    }

    [Fact]
    public void Rows_behind_those_of_the_experts_weigh_one()
    {
        using var scope = NewDisposeScope();
        Tensor outputs = tensor(new[] { 1f, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }).view(6, 2), weights = tensor(new[] { 0.5f, 2 }).view(2, 1);
        Tensor sum = ExpertCombineReference.Combine(outputs, weights, tensor(new[] { 0, 1 }), DummySlot);
        Assert.Equal([8.5f, 11, 34, 38], sum.data<float>().ToArray());
    }

    [Trait("Category", "Gpu")]
    [Theory]
    [InlineData(2688, 6, 1, CombineInto.Residual, 2)]
    [InlineData(2688, 6, 64, CombineInto.Residual, 0)]
    [InlineData(1024, 22, 8, CombineInto.BFloat16, 0)]
    [InlineData(20, 3, 5, CombineInto.Residual, 3)]
    [InlineData(516, 1, 128, CombineInto.BFloat16, 1)]
    public void The_kernel_gives_what_the_reference_gives(int width, int topK, int batch, CombineInto into, int sharedParts)
    {
        using KernelRun run = new();
        int choices = topK + sharedParts;
        Tensor outputs = KernelRun.Noise(batch * choices, width), weights = rand(batch, topK, device: CUDA);
        Tensor slots = arange(batch, dtype: ScalarType.Int32, device: CUDA).add(DummySlot + 1);
        if (batch > 1)
        {
            slots[batch / 2] = DummySlot;
            outputs.narrow(0, batch / 2 * choices, choices).fill_(float.NaN);
        }

        Tensor expected = ExpertCombineReference.Combine(outputs, weights, slots, DummySlot);
        ScalarType dtype = into == CombineInto.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        Tensor target = into == CombineInto.Residual ? KernelRun.Noise(batch, width) : KernelRun.Poisoned(dtype, batch, width);
        expected = into == CombineInto.Residual ? expected + target : expected;
        Tensor? low = into == CombineInto.BFloat16 ? KernelRun.Poisoned(dtype, batch, width) : null;
        new ExpertCombine(run.Library, width, topK, batch, into, sharedParts)
            .Launch(run.Stream, outputs, weights, slots, DummySlot, target, targetLow: low);
        Assert.InRange(Numbers.RelativeError(target, expected), 0, into == CombineInto.BFloat16 ? 1e-2 : 1e-5);
        if (low is not null)
        {
            Numbers.AssertRest(target, low);
            Assert.InRange(Numbers.RelativeError(Numbers.Sum(target, low), expected), 0, 1e-5);
        }
    }

    [Trait("Category", "Gpu")]
    [Fact]
    public void A_sum_that_is_not_rounded_has_no_low_part()
    {
        using KernelRun run = new();
        Tensor rows = KernelRun.Noise(2, 8), low = KernelRun.Poisoned(ScalarType.BFloat16, 2, 8);
        var combine = new ExpertCombine(run.Library, 8, 1, 2, CombineInto.Residual);
        var error = Assert.Throws<ArgumentException>(() => combine.Launch(
            run.Stream, rows, rand(2, 1, device: CUDA), KernelRun.Int32(0, 1), DummySlot, empty_like(rows), targetLow: low));
        Assert.StartsWith("targetLow is a tensor; expected null, for the sum is not rounded to bfloat16.", error.Message);
    }

    [Theory]
    [InlineData(2688, 128, 6, 128)]
    [InlineData(516, 2, 2, 2)]
    public void The_grid_covers_all_columns(int width, int batch, int x, int y) =>
        Assert.Equal(new Dim3(x, y), ExpertCombine.Grid(width, batch));

    [Fact]
    public void A_width_that_is_no_multiple_of_four_is_refused() => Assert.StartsWith(
        "The experts' width is 10; expected a multiple of 4.",
        Assert.Throws<ArgumentException>(() => new ExpertCombine(null!, 10, 2, 1, CombineInto.Residual)).Message);
}
