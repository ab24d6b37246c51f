using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Mamba;

public sealed class GatedGroupRmsNormKernelTests
{
    private const double Epsilon = 1e-5;

    [Fact]
    public void The_reference_gates_before_it_norms_each_group()
    {
        using var scope = NewDisposeScope();
        Tensor y = Numbers.Normal(1, 2, 12), gate = Numbers.Normal(2, 2, 12), weight = Numbers.Normal(3, 12);
        Tensor normed = GatedGroupRmsNormReference.Compute(y, gate, weight, 3, Epsilon);
        for (int row = 0; row < 2; row++)
        {
            double[] g = [.. Enumerable.Range(0, 12).Select(i => y[row, i].item<float>() * Silu(gate[row, i].item<float>()))];
            for (int i = 0; i < 12; i++)
            {
                double norm = Math.Sqrt(g[(i / 4 * 4)..((i / 4 * 4) + 4)].Average(value => value * value) + Epsilon);
                Assert.Equal(g[i] / norm * weight[i].item<float>(), normed[row, i].item<float>(), 1e-5);
            }
        }

        static double Silu(double x) => x / (1 + Math.Exp(-x));
    }

    [Fact]
    public void A_width_that_the_groups_do_not_divide_is_refused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ArgumentException>(() => new GatedGroupRmsNormShape(10, 4, Epsilon, 20, 0).Source());
        Assert.Contains("A width of 10 is not a multiple of 4 groups", error.Message);
        var kernel = new GatedGroupRmsNormKernel(new GatedGroupRmsNormShape(8, 2, Epsilon, 20, 0), null);
        error = Assert.Throws<ArgumentException>(() => kernel.Launch(null!, 1, zeros(1, 8), zeros(1, 20), zeros(8), zeros(1, 8)));
        Assert.Contains("y is Float32 [1, 8] on cpu", error.Message);
    }

    [Theory]
    [Trait("Category", "Gpu")]
    [InlineData(4096, 8, 10304, 0, ScalarType.Float32, ScalarType.Float32)]
    [InlineData(4096, 8, 10304, 0, ScalarType.BFloat16, ScalarType.BFloat16)]
    [InlineData(320, 1, 700, 6, ScalarType.Float32, ScalarType.BFloat16)]
    [InlineData(35, 5, 80, 3, ScalarType.BFloat16, ScalarType.Float32)]
    [InlineData(20480, 2, 20480, 0, ScalarType.Float32, ScalarType.Float32)]
    public void The_kernel_equals_its_reference(int size, int groups, int rowWidth, int column, ScalarType inputDtype, ScalarType weightDtype)
    {
        using var gpu = new KernelRun();
        const int Rows = 3, Bucket = 4;
        Tensor y = Numbers.Normal(1, Bucket, size).to(inputDtype), projected = Numbers.Normal(2, Bucket, rowWidth) * 4;
        Tensor weight = Numbers.Normal(3, size).to(weightDtype);
        Tensor expected = GatedGroupRmsNormReference.Compute(y, projected.narrow(1, column, size), weight, groups, Epsilon);

        var shape = new GatedGroupRmsNormShape(size, groups, Epsilon, rowWidth, column) { InputDtype = inputDtype, WeightDtype = weightDtype };
        var kernel = new GatedGroupRmsNormKernel(gpu.Library, shape);
        Tensor normed = KernelRun.Poisoned(ScalarType.BFloat16, Bucket, size), low = normed.clone();
        Tensor[] inputs = [KernelRun.Upload(y), KernelRun.Upload(projected), KernelRun.Upload(weight)];
        kernel.Launch(gpu.Stream, Rows, inputs[0], inputs[1], inputs[2], normed, programmatic: true, low);

        Numbers.AssertClose(normed[..Rows], expected[..Rows], Numbers.BFloat16Tolerance);
        Numbers.AssertPoisoned(normed[Rows..]);
        Numbers.AssertRest(normed[..Rows], low[..Rows]);
        Numbers.AssertClose(Numbers.Sum(normed[..Rows], low[..Rows]), expected[..Rows], Numbers.Float32Tolerance);
        Numbers.AssertPoisoned(low[Rows..]);
    }
}
