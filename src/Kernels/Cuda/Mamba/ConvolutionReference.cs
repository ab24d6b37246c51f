using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="Convolution"/> computes, in TorchSharp on any device.</summary>
internal static class ConvolutionReference
{
    /// <summary>Convolves a token of each row and updates the states in place.</summary>
    /// <param name="input">[B, channels] float32.</param>
    /// <param name="slots">[B] int32, all different.</param>
    /// <param name="states">[slots, taps − 1, channels].</param>
    /// <param name="weight">[taps, channels].</param>
    /// <param name="bias">[channels], or null.</param>
    /// <returns>[B, channels] float32.</returns>
    public static Tensor Compute(Tensor input, Tensor slots, Tensor states, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        Tensor ids = slots.to(ScalarType.Int64);
        Tensor window = cat([states.index_select(0, ids).to(ScalarType.Float32), input.unsqueeze(1)], 1);
        states.index_copy_(0, ids, window.narrow(1, 1, states.size(1)).to(states.dtype));
        Tensor sum = (window * weight).sum(1);
        return nn.functional.silu(bias is null ? sum : sum + bias).MoveToOuterDisposeScope();
    }
}
