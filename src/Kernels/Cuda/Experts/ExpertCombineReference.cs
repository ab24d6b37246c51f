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
        long batch = expertWeights.size(0), choices = outputs.size(0) / batch;
        Tensor weights = cat([expertWeights, ones(batch, choices - expertWeights.size(1), device: expertWeights.device)], 1);
        Tensor padding = slots.eq(dummySlot).view(-1, 1);
        Tensor sum = (outputs.view(batch, choices, -1) * weights.unsqueeze(-1)).sum(1);
        return sum.masked_fill(padding, 0).MoveToOuterDisposeScope();
    }
}
