using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Elementwise;

public sealed class RmsNormKernelTests
{
    private const double Epsilon = 1e-5;

    [Fact]
    public void The_reference_equals_the_formula_number_by_number()
    {
        using var scope = NewDisposeScope();
        Tensor residual = Numbers.Normal(1, 3, 7), first = Numbers.Normal(2, 3, 7), second = Numbers.Normal(3, 3, 7), weight = Numbers.Normal(4, 7);
        (Tensor sum, Tensor normed) = RmsNormReference.Compute(residual, [first, second], weight, Epsilon);
        float[] x = [.. residual.data<float>()], a = [.. first.data<float>()], b = [.. second.data<float>()], w = [.. weight.data<float>()];
        for (int row = 0; row < 3; row++)
        {
            double[] total = [.. Enumerable.Range(row * 7, 7).Select(i => (double)x[i] + a[i] + b[i])];
            double norm = Math.Sqrt(total.Sum(value => value * value) / 7 + Epsilon);
            for (int column = 0; column < 7; column++)
            {
                Assert.Equal(total[column], sum[row, column].item<float>(), 1e-5);
                Assert.Equal(total[column] / norm * w[column], normed[row, column].item<float>(), 1e-5);
            }
        }
    }

    [Theory]
    [InlineData(2688, 4, 672)]
    [InlineData(8192, 4, 1024)]
    [InlineData(20, 4, 32)]
    [InlineData(37, 1, 64)]
    public void A_block_has_a_thread_for_each_vector_of_the_row(int hidden, int vector, int threads)
    {
        var shape = new RmsNormShape(hidden, Epsilon);
        Assert.Equal((vector, threads), (shape.Vector, shape.Threads));
        Assert.Contains($"=THREADS={threads}", shape.Source().ToString());
    }

    [Fact]
    public void What_the_shape_has_not_is_refused()
    {
        using var scope = NewDisposeScope();
        Tensor row = zeros(2, 8), weight = zeros(8);
        var kernel = new RmsNormKernel(new RmsNormShape(8, Epsilon), null);
        Refused("residual is Float32 [2, 8] on cpu", () => kernel.Launch(null!, 2, row, null, null, weight, row, null));
        Assert.Throws<ArgumentOutOfRangeException>(() => kernel.Launch(null!, 0, row, null, null, weight, row, null));
        var half = new RmsNormShape(8, Epsilon) { WeightDtype = ScalarType.Float16 };
        Refused("WeightDtype is Float16; expected Float32 or BFloat16", () => half.Source());
        Assert.Throws<ArgumentOutOfRangeException>(() => new RmsNormShape(8, Epsilon) { Addends = 3 }.Source());

        static void Refused(string message, Action action) => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(action).Message);
    }

    [Theory]
    [Trait("Category", "Gpu")]
    [InlineData(1, 2688, 0, false, ScalarType.Float32)]
    [InlineData(5, 2688, 2, true, ScalarType.BFloat16)]
    [InlineData(64, 8192, 1, false, ScalarType.Float32)]
    [InlineData(3, 37, 2, true, ScalarType.Float32)]
    [InlineData(2, 9001, 1, true, ScalarType.BFloat16)]
    public void The_kernel_equals_its_reference(int rows, int hidden, int addends, bool wide, ScalarType weightDtype)
    {
        using var gpu = GpuSession.Open();
        int bucket = rows + 2;
        Tensor residual = Numbers.Normal(rows, bucket, hidden) * 3, weight = Numbers.Normal(2, hidden).to(weightDtype);
        Tensor[] added = [.. Enumerable.Range(0, addends).Select(i => Numbers.Normal(10 + i, bucket, hidden))];
        (Tensor sum, Tensor expected) = RmsNormReference.Compute(residual, added, weight, Epsilon);

        var kernel = new RmsNormKernel(
            gpu.Kernels, new RmsNormShape(hidden, Epsilon) { Addends = addends, Wide = wide, WeightDtype = weightDtype });
        Tensor stream = GpuTensors.Upload(residual), scale = GpuTensors.Upload(weight);
        Tensor[] inputs = [.. added.Select(GpuTensors.Upload)];
        Tensor normed = GpuTensors.Poisoned(ScalarType.BFloat16, bucket, hidden), low = normed.clone();
        Tensor? full = wide ? GpuTensors.Poisoned(ScalarType.Float32, bucket, hidden) : null;
        kernel.Launch(
            gpu.Stream, rows, stream, inputs.ElementAtOrDefault(0), inputs.ElementAtOrDefault(1), scale, normed, full, programmatic: true, low);

        Numbers.AssertClose(normed[..rows], expected[..rows], Numbers.BFloat16Tolerance);
        Numbers.AssertPoisoned(normed[rows..]);
        Numbers.AssertRest(normed[..rows], low[..rows]);
        Numbers.AssertClose(Numbers.Sum(normed[..rows], low[..rows]), expected[..rows], Numbers.Float32Tolerance);
        Numbers.AssertPoisoned(low[rows..]);
        Numbers.AssertClose(stream[..rows], sum[..rows], Numbers.Float32Tolerance);
        Assert.True(stream[rows..].cpu().equal(residual[rows..]).all().item<bool>());
        if (full is not null)
        {
            Numbers.AssertClose(full[..rows], expected[..rows], Numbers.Float32Tolerance);
        }
    }
}
