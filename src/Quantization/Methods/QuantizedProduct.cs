using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Products with a quantised matrix: a piece is dequantised into the shared buffer, a plain GEMM reads it, the next follows.</summary>
internal static class QuantizedProduct
{
    /// <summary>
    /// Bytes of a piece for products with few rows on a CPU: such a GEMM does little but read the piece, from the cache it was just written to.
    /// </summary>
    private const long CachedPiece = 8 << 20;

    private const long FewRows = 8;

    /// <summary>Makes room for a matrix, while loading.</summary>
    /// <param name="workspace">The model's workspace.</param>
    /// <param name="weight">The matrix.</param>
    /// <param name="dtype">Compute dtype.</param>
    public static void Reserve(DequantizationWorkspace workspace, QuantizedWeight weight, ScalarType dtype) =>
        workspace.Reserve(dtype, weight.Rows * weight.Columns, weight.RowsOfPiece * weight.Columns);

    /// <summary>input · Wᵀ.</summary>
    /// <param name="input">[T, K] in the compute dtype.</param>
    /// <param name="weight">A single matrix [N, K].</param>
    /// <param name="workspace">Where the matrix was reserved.</param>
    /// <returns>[T, N] in the compute dtype.</returns>
    public static Tensor Linear(Tensor input, QuantizedWeight weight, DequantizationWorkspace workspace)
    {
        long limit = input.device_type == DeviceType.CPU && input.size(0) <= FewRows ? CachedPiece : long.MaxValue;
        long pieces = workspace.Fits(input.dtype, weight.RowsOfPiece * weight.Columns, limit);
        long atOnce = Math.Min(weight.Rows, pieces * weight.RowsOfPiece);
        if (atOnce == weight.Rows)
        {
            return LinearOfRows(input, weight, workspace, 0, atOnce);
        }

        using var scope = NewDisposeScope();
        Tensor output = empty([input.size(0), weight.Rows], input.dtype, input.device);
        for (long first = 0; first < weight.Rows; first += atOnce)
        {
            long count = Math.Min(atOnce, weight.Rows - first);
            using Tensor product = LinearOfRows(input, weight, workspace, first, count);
            using Tensor place = output.narrow(1, first, count);
            place.copy_(product);
        }

        return output.MoveToOuterDisposeScope();
    }

    private static Tensor LinearOfRows(Tensor input, QuantizedWeight weight, DequantizationWorkspace workspace, long first, long count)
    {
        using Tensor rows = workspace.Take(input.dtype, count, weight.Columns);
        weight.DequantizeRows(first, rows);
        return nn.functional.linear(input, rows);
    }
}
