using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>
/// A float32 weight [N, K] laid out once for products with few rows on the CPU. A library's product brings the weight into such an order anew at each
/// call, which costs more than the product itself where the rows are few.
/// </summary>
/// <remarks>Panels of 32 outputs; in each, the 32 weights of one input after those of the other. The last panel is filled up with zeros.</remarks>
internal sealed unsafe class PanelWeight : IDisposable
{
    /// <summary>With more rows a library's product is as fast.</summary>
    public const int MostRows = 32;

    private const int Width = 32;
    private const int Half = Width / 2;
    private const int RowsAtOnce = 4;

    private readonly Tensor _panels;
    private readonly float* _data;
    private readonly int _inputs;
    private readonly int _outputs;

    private PanelWeight(Tensor panels, int outputs, int inputs)
    {
        _panels = panels;
        _data = (float*)AtenInterop.DataPointer(panels);
        (_outputs, _inputs) = (outputs, inputs);
    }

    /// <summary>Inputs K.</summary>
    public int Inputs => _inputs;

    /// <summary>Outputs N.</summary>
    public int Outputs => _outputs;

    /// <summary>Whether a model's float32 weights are to be packed: that was asked for, and the processor has vectors that are wide enough.</summary>
    public static bool AreFor(WeightOptions options) => options.PackForFewRows && Vector512.IsHardwareAccelerated;

    /// <summary>Whether a product with so many rows is faster in panels.</summary>
    public static bool Suits(long rows) => rows <= MostRows;

    /// <summary>Copies a weight into panels.</summary>
    /// <param name="weight">[N, K] float32 on the CPU.</param>
    /// <returns>The panels; the caller disposes.</returns>
    public static PanelWeight Pack(Tensor weight)
    {
        using var scope = NewDisposeScope();
        long outputs = weight.size(0), inputs = weight.size(1), panels = (outputs + Width - 1) / Width;
        Tensor filled = zeros([panels * Width, inputs], ScalarType.Float32, CPU);
        filled.narrow(0, 0, outputs).copy_(weight);
        Tensor packed = filled.view(panels, Width, inputs).transpose(1, 2).contiguous();
        return new PanelWeight(packed.DetachFromDisposeScope(), (int)outputs, (int)inputs);
    }

    /// <summary>Multiplies by the weight.</summary>
    /// <param name="input">[T, K] float32.</param>
    /// <returns>[T, N].</returns>
    public Tensor Multiply(Tensor input)
    {
        using Tensor rows = input.contiguous();
        long count = rows.size(0);
        Tensor output = empty([count, _outputs], ScalarType.Float32, CPU);
        Multiply((float*)AtenInterop.DataPointer(rows), (int)count, (float*)AtenInterop.DataPointer(output));
        return output;
    }

    /// <summary>Multiplies contiguous rows by the weight.</summary>
    /// <param name="input">[rows, K].</param>
    /// <param name="rows">Their number.</param>
    /// <param name="output">[rows, N]; overwritten.</param>
    public void Multiply(float* input, int rows, float* output)
    {
        float* tile = stackalloc float[RowsAtOnce * Width];

        // A panel stays in the first-level cache while all rows meet it.
        for (int column = 0; column < _outputs; column += Width)
        {
            for (int row = 0; row < rows; row += RowsAtOnce)
            {
                MultiplyTile(_data + ((long)column * _inputs), _inputs, input + ((long)row * _inputs), rows - row - 1, tile);
                CopyTile(tile, rows - row, output + ((long)row * _outputs) + column, _outputs - column, _outputs);
            }
        }

        GC.KeepAlive(_panels);
    }

    /// <summary>Four rows by one panel; where fewer are left, the last is taken several times over. Calls nothing: that would move the sums to memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTile(float* panel, int inputs, float* x0, int lastRow, float* tile)
    {
        long ahead = (long)inputs * Width;
        float* x1 = x0 + (lastRow < 1 ? lastRow : 1) * inputs, x2 = x0 + (lastRow < 2 ? lastRow : 2) * inputs, x3 = x0 + (lastRow < 3 ? lastRow : 3) * inputs;
        Vector512<float> left0 = default, left1 = default, left2 = default, left3 = default;
        Vector512<float> right0 = default, right1 = default, right2 = default, right3 = default;
        for (long i = 0; i < inputs; i++, panel += Width)
        {
            if (Sse.IsSupported)
            {
                // The next panel comes while this one is computed with; past the last one, a prefetch is harmless.
                Sse.Prefetch1(panel + ahead);
                Sse.Prefetch1(panel + ahead + Half);
            }

            Vector512<float> left = Vector512.Load(panel), right = Vector512.Load(panel + Half), x = Vector512.Create(x0[i]);
            left0 = Vector512.FusedMultiplyAdd(left, x, left0);
            right0 = Vector512.FusedMultiplyAdd(right, x, right0);
            x = Vector512.Create(x1[i]);
            left1 = Vector512.FusedMultiplyAdd(left, x, left1);
            right1 = Vector512.FusedMultiplyAdd(right, x, right1);
            x = Vector512.Create(x2[i]);
            left2 = Vector512.FusedMultiplyAdd(left, x, left2);
            right2 = Vector512.FusedMultiplyAdd(right, x, right2);
            x = Vector512.Create(x3[i]);
            left3 = Vector512.FusedMultiplyAdd(left, x, left3);
            right3 = Vector512.FusedMultiplyAdd(right, x, right3);
        }

        left0.Store(tile);
        right0.Store(tile + Half);
        left1.Store(tile + Width);
        right1.Store(tile + Width + Half);
        left2.Store(tile + (2 * Width));
        right2.Store(tile + (2 * Width) + Half);
        left3.Store(tile + (3 * Width));
        right3.Store(tile + (3 * Width) + Half);
    }

    private static void CopyTile(float* tile, int rows, float* output, int columns, int stride)
    {
        for (int row = 0; row < Math.Min(rows, RowsAtOnce); row++)
        {
            new ReadOnlySpan<float>(tile + (row * Width), Math.Min(columns, Width)).CopyTo(new Span<float>(output + ((long)row * stride), Math.Min(columns, Width)));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _panels.Dispose();
}
