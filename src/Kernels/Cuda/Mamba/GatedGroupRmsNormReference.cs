using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="GatedGroupRmsNormKernel"/> computes, in TorchSharp on any device.</summary>
internal static class GatedGroupRmsNormReference
{
    /// <summary>The normed rows: [B, width] float32.</summary>
    /// <param name="y">[B, width].</param>
    /// <param name="gate">z: [B, width].</param>
    /// <param name="weight">[width].</param>
    /// <param name="groups">Groups that are normalised apart.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    public static Tensor Compute(Tensor y, Tensor gate, Tensor weight, int groups, double epsilon)
    {
        using var scope = NewDisposeScope();
        Tensor gated = (y.to(ScalarType.Float32) * nn.functional.silu(gate)).reshape(y.size(0), groups, -1);
        Tensor normed = gated * gated.square().mean([-1], keepdim: true).add(epsilon).rsqrt();
        return (normed.reshape(y.size(0), -1) * weight.to(ScalarType.Float32)).MoveToOuterDisposeScope();
    }
}
