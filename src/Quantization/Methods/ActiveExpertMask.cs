using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Which experts of a bank a step uses, kept on the device: the host reads none of it, so that a step can be recorded.</summary>
internal static class ActiveExpertMask
{
    /// <summary>Marks the experts that were chosen.</summary>
    /// <param name="expertIds">[T, top-k] int64, each in [0, E).</param>
    /// <param name="experts">Number of experts E.</param>
    /// <returns>[E] uint8: 1 for an active expert, else 0.</returns>
    public static Tensor Of(Tensor expertIds, int experts)
    {
        // A scatter, not an indexed assignment: that one would wait for the device.
        using var scope = NewDisposeScope();
        Tensor ids = expertIds.flatten();
        Tensor mask = zeros([experts], ScalarType.Byte, expertIds.device);
        return mask.scatter_(0, ids, ones_like(ids, ScalarType.Byte)).MoveToOuterDisposeScope();
    }

    /// <summary>Lists experts, the active ones first.</summary>
    /// <param name="mask">What <see cref="Of"/> gives.</param>
    /// <param name="experts">Number of experts E.</param>
    /// <param name="count">Length A of the list: at least the number of active experts, known without reading the mask.</param>
    /// <returns>[A] int64: active experts in ascending order, then as many others as fill the list.</returns>
    /// <exception cref="ArgumentException">The mask is not a contiguous uint8 vector of E.</exception>
    public static Tensor ActiveFirst(Tensor mask, int experts, long count)
    {
        TensorContract.Require(mask, "mask of active experts", ScalarType.Byte, mask.device, experts);
        using var scope = NewDisposeScope();
        return sort(mask, dim: 0, descending: true, stable: true).indices.narrow(0, 0, count).MoveToOuterDisposeScope();
    }
}
