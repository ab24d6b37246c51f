using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="KeyValueAppendKernel"/> and <see cref="PagedAttentionKernel"/> compute, in TorchSharp on any device.</summary>
internal static class PagedCacheReference
{
    private const double LargestE4M3 = 448;

    /// <summary>Writes new keys or values into their pages.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="rows">[B, KV heads · head_dim] float32.</param>
    /// <param name="slots">[B] int32.</param>
    /// <param name="positions">[B] int32.</param>
    /// <param name="pageTable">[slots, pages per sequence] int32.</param>
    /// <param name="pages">[pages · page size, KV heads, head_dim]; written.</param>
    /// <param name="scale">Factor of E4M3 codes.</param>
    public static void Append(
        PagedAttentionShape shape, Tensor rows, Tensor slots, Tensor positions, Tensor pageTable, Tensor pages, float scale)
    {
        using var scope = NewDisposeScope();
        Tensor position = positions.to(ScalarType.Int64);
        Tensor column = position.div(shape.PageSize, RoundingMode.floor).unsqueeze(1);
        Tensor page = pageTable.index_select(0, slots).to(ScalarType.Int64).gather(1, column).squeeze(1);
        Tensor target = page * shape.PageSize + position.remainder(shape.PageSize);
        Tensor values = rows.reshape(-1, shape.KeyValueHeads, shape.HeadDim);
        pages.index_copy_(0, target, shape.Float8 ? Encode(values, scale) : values.to(ScalarType.BFloat16));
    }

    /// <summary>Attention of each row's query over its sequence; float32.</summary>
    /// <param name="shape">Sizes.</param>
    /// <param name="queries">[B, heads · head_dim].</param>
    /// <param name="slots">[B] int32.</param>
    /// <param name="positions">[B] int32.</param>
    /// <param name="pageTable">[slots, pages per sequence] int32.</param>
    /// <param name="keyPages">The keys' pages.</param>
    /// <param name="valuePages">The values' pages.</param>
    /// <param name="keyScale">Factor of the keys' codes.</param>
    /// <param name="valueScale">Factor of the values' codes.</param>
    /// <returns>[B, heads · head_dim] float32.</returns>
    public static Tensor Attend(
        PagedAttentionShape shape,
        Tensor queries,
        Tensor slots,
        Tensor positions,
        Tensor pageTable,
        Tensor keyPages,
        Tensor valuePages,
        float keyScale,
        float valueScale)
    {
        using var scope = NewDisposeScope();
        int[] slot = [.. slots.cpu().data<int>()];
        int[] position = [.. positions.cpu().data<int>()];
        return stack(Enumerable.Range(0, slot.Length).Select(Row)).MoveToOuterDisposeScope();

        Tensor Row(int row)
        {
            Tensor tokens = arange(position[row] + 1, ScalarType.Int64, queries.device);
            Tensor table = pageTable[slot[row]].to(ScalarType.Int64);
            Tensor page = table.index_select(0, tokens.div(shape.PageSize, RoundingMode.floor));
            Tensor lines = page * shape.PageSize + tokens.remainder(shape.PageSize);
            Tensor q = queries[row].to(ScalarType.Float32).reshape(shape.KeyValueHeads, -1, shape.HeadDim);
            Tensor k = Decode(keyPages.index_select(0, lines), keyScale).permute(1, 2, 0);
            Tensor v = Decode(valuePages.index_select(0, lines), valueScale).permute(1, 0, 2);
            return (q.matmul(k) / Math.Sqrt(shape.HeadDim)).softmax(-1).matmul(v).reshape(-1);
        }

        Tensor Decode(Tensor stored, float scale) =>
            shape.Float8
                ? AtenInterop.ViewAs(stored, AtenInterop.Float8E4M3).to(ScalarType.Float32) * scale
                : stored.to(ScalarType.Float32);
    }

    private static Tensor Encode(Tensor values, float scale)
    {
        using Tensor codes = (values / scale).clamp(-LargestE4M3, LargestE4M3).to(AtenInterop.Float8E4M3);
        return AtenInterop.ViewAs(codes, ScalarType.Byte);
    }
}
