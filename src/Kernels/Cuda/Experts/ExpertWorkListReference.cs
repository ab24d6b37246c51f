using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>The list that <see cref="RouterTopK"/> makes of a choice, in TorchSharp operations on any device.</summary>
internal static class ExpertWorkListReference
{
    /// <summary>Groups entries.</summary>
    /// <param name="experts">Experts E.</param>
    /// <param name="maxActive">The most that can be active.</param>
    /// <param name="choices">Numbers of entries a token.</param>
    /// <param name="expertIds">[B, top-k].</param>
    /// <param name="slots">[B].</param>
    /// <param name="dummySlot">The slot of padding rows.</param>
    /// <returns>The lists of <see cref="Products.ActiveEntries"/>, int64.</returns>
    public static (Tensor ActiveCount, Tensor ActiveExperts, Tensor Offsets, Tensor Entries) Group(
        int experts, int maxActive, int choices, Tensor expertIds, Tensor slots, int dummySlot)
    {
        using var scope = NewDisposeScope();
        Tensor padding = slots.eq(dummySlot).unsqueeze(1);
        Tensor ids = expertIds.to(ScalarType.Int64).masked_fill(padding, experts).flatten();
        Tensor order = sort(ids, dim: 0, descending: false, stable: true).indices;
        long topK = expertIds.size(1);
        Tensor numbers = order.div(topK, RoundingMode.floor) * choices + order.remainder(topK);
        Tensor entries = numbers.masked_fill(ids.index_select(0, order).eq(experts), -1);
        Tensor counts = ids.bincount(null, experts + 1).narrow(0, 0, experts);
        Tensor active = counts.nonzero().flatten();
        Tensor ends = counts.index_select(0, active).cumsum(0);
        long count = active.size(0);
        Tensor activeExperts = full(maxActive, -1, ScalarType.Int64, ids.device);
        activeExperts.narrow(0, 0, count).copy_(active);
        Tensor offsets = full(maxActive + 1, counts.sum().item<long>(), ScalarType.Int64, ids.device);
        offsets.narrow(0, 0, Math.Min(1, count)).zero_();
        offsets.narrow(0, 1, count).copy_(ends);
        return (tensor(new[] { count }, device: ids.device).MoveToOuterDisposeScope(), activeExperts.MoveToOuterDisposeScope(),
            offsets.MoveToOuterDisposeScope(), entries.MoveToOuterDisposeScope());
    }
}
