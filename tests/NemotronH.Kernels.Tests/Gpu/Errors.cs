using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>How far results are from what is expected.</summary>
internal static class Errors
{
    /// <summary>‖actual − expected‖ / ‖expected‖ in float64; NaN where an output was not written.</summary>
    public static double Relative(Tensor expected, Tensor actual)
    {
        using var scope = NewDisposeScope();
        Tensor wide = expected.to(ScalarType.Float64);
        return ((actual.to(ScalarType.Float64) - wide).norm() / wide.norm().clamp(min: 1e-30)).item<double>();
    }

    public static void AssertRelative(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        double error = Relative(expected, actual);
        Assert.True(error <= tolerance, $"relative error {error:g3}; expected at most {tolerance:g3}");
    }
}
