using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="RmsNormKernel"/> computes, in TorchSharp on any device.</summary>
internal static class RmsNormReference
{
    /// <summary>The norm in float32.</summary>
    /// <param name="residual">[B, H] float32.</param>
    /// <param name="weight">[H].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    public static Tensor Compute(Tensor residual, Tensor weight, double epsilon)
    {
        using var scope = NewDisposeScope();
        Tensor scale = residual.square().mean([-1], keepdim: true).add(epsilon).rsqrt();
        return (residual * scale * weight.to(ScalarType.Float32)).MoveToOuterDisposeScope();
    }
}
