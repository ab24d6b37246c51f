using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="RmsNormKernel"/> computes, in TorchSharp on any device.</summary>
internal static class RmsNormReference
{
    /// <summary>The residual with its addends, and its norm in float32.</summary>
    /// <param name="residual">[B, H] float32.</param>
    /// <param name="addends">Each [B, H] float32.</param>
    /// <param name="weight">[H].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    public static (Tensor Residual, Tensor Normed) Compute(Tensor residual, IReadOnlyList<Tensor> addends, Tensor weight, double epsilon)
    {
        using var scope = NewDisposeScope();
        Tensor sum = addends.Count == 0 ? residual.clone() : residual + addends.Aggregate((left, right) => left + right);
        Tensor normed = sum * sum.square().mean([-1], keepdim: true).add(epsilon).rsqrt() * weight.to(ScalarType.Float32);
        return (sum.MoveToOuterDisposeScope(), normed.MoveToOuterDisposeScope());
    }
}
