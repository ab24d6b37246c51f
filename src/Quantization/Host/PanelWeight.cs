using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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

    /// <summary>A single row is bound by memory either way.</summary>
    private const int FewestRows = 2;

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

    /// <summary>Copies a weight into panels where that was asked for and the processor has vectors that are wide enough.</summary>
    /// <param name="weight">[N, K].</param>
    /// <param name="options">Of the model.</param>
    /// <returns>The panels, or <see langword="null"/>.</returns>
    public static PanelWeight? For(Tensor weight, WeightOptions options) =>
        options.PackForFewRows && weight.dtype == ScalarType.Float32 && Vector512.IsHardwareAccelerated ? Pack(weight) : null;

    /// <summary>Whether a product with so many rows is faster in panels.</summary>
    public static bool Suits(long rows) => rows is >= FewestRows and <= MostRows;

    /// <summary>Copies a weight into panels.</summary>
    /// <param name="weight">[N, K] float32 on the CPU.</param>
    /// <returns>The panels; the caller disposes.</returns>
    public static PanelWeight Pack(Tensor weight)
    {
        using var scope = NewDisposeScope();
        long outputs = weight.size(0), inputs = weight.size(1), panels = (outputs + Width - 1) / Width;
        Tensor filled = zeros([panels * Width, inputs]);
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
        Tensor output = empty([count, _outputs]);
        Multiply((float*)AtenInterop.DataPointer(rows), (int)count, (float*)AtenInterop.DataPointer(output));
        return output;
    }

    /// <summary>Multiplies contiguous rows by the weight.</summary>
    /// <param name="input">[rows, K].</param>
    /// <param name="rows">Their number.</param>
    /// <param name="output">[rows, N]; overwritten.</param>
    public void Multiply(float* input, int rows, float* output)
    {
        // A panel stays in the first-level cache while all rows meet it.
        for (int column = 0; column < _outputs; column += Width)
        {
            for (int row = 0; row < rows; row += RowsAtOnce)
            {
                MultiplyTile(_data + ((long)column * _inputs), input, row, rows - 1, output, column);
            }
        }

        GC.KeepAlive(_panels);
    }

    /// <summary>Four rows by one panel. Where fewer are left, the last is taken several times over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MultiplyTile(float* panel, float* input, int row, int lastRow, float* output, int column)
    {
        float* x0 = input + ((long)row * _inputs), x1 = Row(row + 1), x2 = Row(row + 2), x3 = Row(row + 3);
        Vector512<float> left0 = default, left1 = default, left2 = default, left3 = default;
        Vector512<float> right0 = default, right1 = default, right2 = default, right3 = default;
        for (int i = 0; i < _inputs; i++, panel += Width)
        {
            Vector512<float> left = Vector512.Load(panel), right = Vector512.Load(panel + Half);
            Vector512<float> a = Vector512.Create(x0[i]), b = Vector512.Create(x1[i]), c = Vector512.Create(x2[i]), d = Vector512.Create(x3[i]);
            (left0, right0) = (Vector512.FusedMultiplyAdd(a, left, left0), Vector512.FusedMultiplyAdd(a, right, right0));
            (left1, right1) = (Vector512.FusedMultiplyAdd(b, left, left1), Vector512.FusedMultiplyAdd(b, right, right1));
            (left2, right2) = (Vector512.FusedMultiplyAdd(c, left, left2), Vector512.FusedMultiplyAdd(c, right, right2));
            (left3, right3) = (Vector512.FusedMultiplyAdd(d, left, left3), Vector512.FusedMultiplyAdd(d, right, right3));
        }

        int count = Math.Min(Width, _outputs - column);
        Store(left0, right0, row);
        Store(left1, right1, row + 1);
        Store(left2, right2, row + 2);
        Store(left3, right3, row + 3);

        float* Row(int index) => input + ((long)Math.Min(index, lastRow) * _inputs);

        void Store(Vector512<float> leftHalf, Vector512<float> rightHalf, int index) =>
            StoreRow(leftHalf, rightHalf, output + ((long)Math.Min(index, lastRow) * _outputs) + column, count);
    }

    private static void StoreRow(Vector512<float> left, Vector512<float> right, float* target, int count)
    {
        if (count == Width)
        {
            left.Store(target);
            right.Store(target + Half);
            return;
        }

        float* all = stackalloc float[Width];
        left.Store(all);
        right.Store(all + Half);
        new ReadOnlySpan<float>(all, count).CopyTo(new Span<float>(target, count));
    }

    /// <inheritdoc/>
    public void Dispose() => _panels.Dispose();
}
