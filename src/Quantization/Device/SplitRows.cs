using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Inputs of a product in bfloat16, in one part or as the sum of two; or rows of an output, which may be float32 and then have one.</summary>
/// <param name="High">[rows, width]: the rows, or what they are rounded to.</param>
/// <param name="Low">[rows, width] bfloat16, what the rounding left; or <see langword="null"/>.</param>
public readonly record struct SplitRows(Tensor High, Tensor? Low)
{
    /// <summary>Rows in one part.</summary>
    /// <param name="rows">[rows, width].</param>
    public static implicit operator SplitRows(Tensor rows) => new(rows, null);
}
