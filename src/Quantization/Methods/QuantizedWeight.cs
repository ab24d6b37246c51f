using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>A weight [N, K] that stays quantised in memory, or a stack [E, N, K]; gives any part of itself in a compute dtype.</summary>
/// <remarks>Does not change once it is made. Parts that are asked for are written over what the target held.</remarks>
/// <param name="name">What messages call the weight.</param>
/// <param name="count">Matrices in a stack, or <see langword="null"/> for a single matrix.</param>
/// <param name="rows">Rows N.</param>
/// <param name="columns">Columns K.</param>
internal abstract class QuantizedWeight(string name, long? count, long rows, long columns) : IDisposable
{
    /// <summary>What messages call the weight.</summary>
    public string Name { get; } = name;

    /// <summary>Matrices in a stack, or <see langword="null"/> for a single matrix.</summary>
    public long? Count { get; } = count;

    /// <summary>Rows N.</summary>
    public long Rows { get; } = rows;

    /// <summary>Columns K.</summary>
    public long Columns { get; } = columns;

    /// <summary>Short name of the format.</summary>
    public abstract string Format { get; }

    /// <summary>Bytes of memory held.</summary>
    public abstract long Bytes { get; }

    /// <summary>Rows that can only be dequantised together; parts begin and end at their multiples.</summary>
    public virtual long RowsOfPiece => 1;

    /// <summary>The weight as kernels read it; shares its memory.</summary>
    public abstract DeviceWeight OnDevice();

    /// <summary>Dequantises neighbouring rows of a single matrix.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="target">[n, K], contiguous, in a compute dtype, on the weight's device.</param>
    public void DequantizeRows(long first, Tensor target)
    {
        CheckTarget(target, target.size(0), Columns);
        using QuantizedWeight part = Slice(first, target.size(0));
        part.DequantizeAll(target);
    }

    /// <summary>Dequantises the rows of a single matrix that are asked for.</summary>
    /// <param name="rows">[T] int64 on the weight's device.</param>
    /// <param name="target">[T, K], contiguous, in a compute dtype, on the weight's device.</param>
    public void LookUp(Tensor rows, Tensor target)
    {
        CheckTarget(target, rows.size(0), Columns);
        using QuantizedWeight part = Gather(rows);
        part.DequantizeAll(target);
    }

    /// <summary>Dequantises the matrices of a stack that are asked for; the host reads no index.</summary>
    /// <param name="matrices">[A] int64 on the weight's device.</param>
    /// <param name="target">[A, N, K], contiguous, in a compute dtype, on the weight's device.</param>
    public void DequantizeMatrices(Tensor matrices, Tensor target)
    {
        CheckTarget(target, matrices.size(0), Rows, Columns);
        using QuantizedWeight part = Gather(matrices);
        part.DequantizeAll(target);
    }

    /// <summary>Dequantises all matrices of a stack.</summary>
    /// <param name="target">[E, N, K], contiguous, in a compute dtype, on the weight's device.</param>
    public void DequantizeStack(Tensor target)
    {
        CheckTarget(target, Count ?? throw new InvalidOperationException($"'{Name}' is a single matrix."), Rows, Columns);
        DequantizeAll(target);
    }

    /// <summary>Multiplies rows that are grouped by expert by a stack as it lies, where there are kernels for that.</summary>
    /// <param name="input">[rows, K] bfloat16, in the order of the matrices.</param>
    /// <param name="ends">[E] int32: where each matrix's rows end.</param>
    /// <returns>[rows, N] bfloat16, or <see langword="null"/> without such kernels.</returns>
    public virtual Tensor? MultiplyGrouped(Tensor input, Tensor ends) => null;

    /// <summary>One matrix of a stack; shares its memory.</summary>
    /// <param name="index">Index in the stack.</param>
    public abstract QuantizedWeight Matrix(int index);

    /// <summary>Copies single matrices of this one's format and shape into a stack.</summary>
    /// <param name="matrices">The matrices, this one among them; they stay the caller's.</param>
    public abstract QuantizedWeight StackOf(IReadOnlyList<QuantizedWeight> matrices);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Neighbouring rows of a single matrix; shares its memory.</summary>
    protected abstract QuantizedWeight Slice(long first, long count);

    /// <summary>Copies what is asked for along the first dimension, still quantised.</summary>
    protected abstract QuantizedWeight Gather(Tensor indices);

    /// <summary>Dequantises everything into a target of the weight's own shape.</summary>
    protected abstract void DequantizeAll(Tensor target);

    private void CheckTarget(Tensor target, params ReadOnlySpan<long> shape)
    {
        bool fits = target.Dimensions == shape.Length && target.is_contiguous() && target.dtype is ScalarType.Float32 or ScalarType.BFloat16;
        for (int i = 0; fits && i < shape.Length; i++)
        {
            fits = target.size(i) == shape[i];
        }

        if (!fits)
        {
            throw new ArgumentException(
                $"The target of '{Name}' is {target.dtype} {TensorContract.Text(target.shape)}; "
                + $"expected contiguous Float32 or BFloat16 {TensorContract.Text(shape)}.",
                nameof(target));
        }
    }
}
