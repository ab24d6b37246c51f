using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="ExpertCombine"/> computes, in TorchSharp operations on any device.</summary>
internal static class ExpertCombineReference
{
    /// <summary>Sums; the parameters are those of <see cref="ExpertCombine.Launch"/>.</summary>
    /// <returns>[B, W] float32; the residual stream is not in it.</returns>
    public static Tensor Combine(Tensor outputs, Tensor expertWeights, Tensor slots, int dummySlot)
    {
        using var scope = NewDisposeScope();
        Tensor rows = outputs.view(expertWeights.size(0), expertWeights.size(1), -1);
        Tensor padding = slots.eq(dummySlot).view(-1, 1);
        return (rows * expertWeights.unsqueeze(-1)).sum(1).masked_fill(padding, 0).MoveToOuterDisposeScope();
    }
}
