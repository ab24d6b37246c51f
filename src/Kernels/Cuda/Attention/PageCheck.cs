using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>The contract of the paged cache of one attention layer.</summary>
internal static class PageCheck
{
    /// <summary>Bytes to which pages begin: the widest access of the kernels.</summary>
    private const int Alignment = 16;

    /// <summary>Expects slots, positions, page table, and pages of one layer with scales that can be divided by.</summary>
    /// <exception cref="ArgumentException">A tensor is something else, or a scale is not positive and finite; the message names it.</exception>
    public static void Expect(
        PagedAttentionShape shape,
        int rows,
        Tensor slots,
        Tensor positions,
        Tensor pageTable,
        (Tensor Pages, float Scale) key,
        (Tensor Pages, float Scale) value)
    {
        RowCheck.Expect(slots, nameof(slots), ScalarType.Int32, rows);
        RowCheck.Expect(positions, nameof(positions), ScalarType.Int32, rows);
        TensorCheck.Expect(pageTable, nameof(pageTable), ScalarType.Int32, TensorCheck.Any, shape.PagesPerSequence);
        Pages(key.Pages, "keyPages");
        Pages(value.Pages, "valuePages");
        Scale(key.Scale, "keyScale");
        Scale(value.Scale, "valueScale");

        void Pages(Tensor pages, string name)
        {
            TensorCheck.Expect(pages, name, shape.PageDtype, TensorCheck.Any, shape.KeyValueHeads, shape.HeadDim);
            TensorCheck.Aligned(pages, name, Alignment);
        }
    }

    /// <summary>Expects a scale that can be divided by.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not positive and finite.</exception>
    public static void Scale(float scale, string name)
    {
        if (!(scale > 0 && float.IsFinite(scale)))
        {
            throw new ArgumentOutOfRangeException(name, scale, $"{name} is {scale}; expected a positive number.");
        }
    }
}
