namespace NemotronH.Quantization;

/// <summary>What a checkpoint says of one tensor.</summary>
/// <param name="Name">The tensor's canonical name (rooted at <c>backbone.</c> or <c>lm_head.</c>).</param>
/// <param name="Dtype">Element type as stored.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar.</param>
public sealed record StoredTensorInfo(string Name, StoredDtype Dtype, IReadOnlyList<long> Shape)
{
    /// <summary>Number of elements.</summary>
    public long ElementCount => Shape.Aggregate(1L, (product, dimension) => checked(product * dimension));

    /// <summary>Size in bytes as stored.</summary>
    public long ByteCount => checked(ElementCount * Dtype.SizeInBytes());
}
