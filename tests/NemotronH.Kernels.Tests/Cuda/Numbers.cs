using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda;

/// <summary>Random inputs and the measure of error that the kernels are held to.</summary>
internal static class Numbers
{
    /// <summary>Relative L2 error that a bfloat16 output may have.</summary>
    public const double BFloat16Tolerance = 1e-2;

    /// <summary>Relative L2 error that a float32 output may have.</summary>
    public const double Float32Tolerance = 1e-5;

    /// <summary>Standard normal numbers from a seed.</summary>
    public static Tensor Normal(int seed, params long[] shape)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return randn(shape, generator: generator);
    }

    /// <summary>Uniform numbers from a seed.</summary>
    public static Tensor Uniform(int seed, double low, double high, params long[] shape)
    {
        using var generator = new Generator((ulong)seed, CPU);
        using Tensor unit = rand(shape, generator: generator);
        return unit * (high - low) + low;
    }

    /// <summary>Integers below a bound from a seed.</summary>
    public static Tensor Integers(int seed, long bound, ScalarType dtype, params long[] shape)
    {
        using var generator = new Generator((ulong)seed, CPU);
        return randint(bound, shape, dtype: dtype, generator: generator);
    }

    /// <summary>‖actual − expected‖ / ‖expected‖ in float64; NaN where a number is.</summary>
    public static double RelativeError(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        Tensor reference = expected.cpu().to(ScalarType.Float64);
        Tensor difference = actual.cpu().to(ScalarType.Float64) - reference;
        return difference.norm().item<double>() / reference.norm().item<double>();
    }

    /// <summary>Expects a small relative error; a NaN is none.</summary>
    public static void AssertClose(Tensor actual, Tensor expected, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        double error = RelativeError(actual, expected);
        Assert.True(error <= tolerance, $"The relative error is {error}; expected at most {tolerance}.");
    }

    /// <summary>The sum of a bfloat16 tensor and of what its rounding left.</summary>
    public static Tensor Sum(Tensor high, Tensor low) => high.to(ScalarType.Float32) + low.to(ScalarType.Float32);

    /// <summary>Expects the low part of a tensor to lie within the rounding of the high one, and not to be empty.</summary>
    public static void AssertRest(Tensor high, Tensor low)
    {
        using var scope = NewDisposeScope();
        Tensor rest = low.to(ScalarType.Float32);
        Assert.True((rest.abs() <= high.to(ScalarType.Float32).abs() / 256).all().item<bool>(), "The low part is more than a rounding.");
        Assert.True(rest.ne(0).any().item<bool>(), "The low part is empty.");
    }

    /// <summary>Expects memory that no kernel wrote since it was poisoned.</summary>
    public static void AssertPoisoned(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        Assert.True(tensor.isnan().all().item<bool>(), "Rows beyond the launch's were written.");
    }
}
