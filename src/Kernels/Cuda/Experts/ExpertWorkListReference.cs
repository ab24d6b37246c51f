using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="ExpertWorkList"/> computes, in TorchSharp operations on any device.</summary>
internal static class ExpertWorkListReference
{
    /// <summary>Groups entries; the parameters are those of <see cref="ExpertWorkList.Launch"/>.</summary>
    /// <returns>The four lists of a launch, int64.</returns>
    public static (Tensor ActiveCount, Tensor ActiveExperts, Tensor Offsets, Tensor Entries) Group(
        int experts, int maxActive, Tensor expertIds, Tensor slots, int dummySlot)
    {
        using var scope = NewDisposeScope();
        Tensor padding = slots.eq(dummySlot).unsqueeze(1);
        Tensor ids = expertIds.to(ScalarType.Int64).masked_fill(padding, experts).flatten();
        Tensor order = sort(ids, dim: 0, descending: false, stable: true).indices;
        Tensor entries = order.masked_fill(ids.index_select(0, order).eq(experts), -1);
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
