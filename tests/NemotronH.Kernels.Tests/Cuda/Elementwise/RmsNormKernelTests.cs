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
        Tensor residual = Numbers.Normal(1, 3, 7), weight = Numbers.Normal(4, 7), normed = RmsNormReference.Compute(residual, weight, Epsilon);
        float[] x = [.. residual.data<float>()], w = [.. weight.data<float>()];
        for (int row = 0; row < 3; row++)
        {
            double norm = Math.Sqrt(x.Skip(row * 7).Take(7).Sum(value => (double)value * value) / 7 + Epsilon);
            for (int column = 0; column < 7; column++)
            {
                Assert.Equal(x[(row * 7) + column] / norm * w[column], normed[row, column].item<float>(), 1e-5);
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
        Refused("residual is Float32 [2, 8] on cpu", () => kernel.Launch(null!, 2, row, weight, row));
        Assert.Throws<ArgumentOutOfRangeException>(() => kernel.Launch(null!, 0, row, weight, row));
        var half = new RmsNormShape(8, Epsilon) { WeightDtype = ScalarType.Float16 };
        Refused("WeightDtype is Float16; expected Float32 or BFloat16", () => half.Source());

        static void Refused(string message, Action action) => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(action).Message);
    }

    [Theory]
    [Trait("Category", "Gpu")]
    [InlineData(1, 2688, ScalarType.Float32)]
    [InlineData(5, 2688, ScalarType.BFloat16)]
    [InlineData(64, 8192, ScalarType.Float32)]
    [InlineData(3, 37, ScalarType.Float32)]
    [InlineData(2, 9001, ScalarType.BFloat16)]
    public void The_kernel_equals_its_reference(int rows, int hidden, ScalarType weightDtype)
    {
        using var gpu = new KernelRun();
        int bucket = rows + 2;
        Tensor residual = Numbers.Normal(rows, bucket, hidden) * 3, weight = Numbers.Normal(2, hidden).to(weightDtype);
        Tensor expected = RmsNormReference.Compute(residual, weight, Epsilon);

        var kernel = new RmsNormKernel(gpu.Library, new RmsNormShape(hidden, Epsilon) { WeightDtype = weightDtype });
        Tensor stream = KernelRun.Upload(residual), scale = KernelRun.Upload(weight);
        Tensor normed = KernelRun.Poisoned(ScalarType.BFloat16, bucket, hidden), low = normed.clone();
        kernel.Launch(gpu.Stream, rows, stream, scale, normed, programmatic: true, low);

        Numbers.AssertClose(normed[..rows], expected[..rows], Numbers.BFloat16Tolerance);
        Numbers.AssertPoisoned(normed[rows..]);
        Numbers.AssertRest(normed[..rows], low[..rows]);
        Numbers.AssertClose(Numbers.Sum(normed[..rows], low[..rows]), expected[..rows], Numbers.Float32Tolerance);
        Numbers.AssertPoisoned(low[rows..]);
    }
}
