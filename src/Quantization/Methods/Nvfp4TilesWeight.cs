using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>NVFP4 weights on a GPU in the order in which its tensor cores read them; the numbers are those of <see cref="PackedNvfp4Weight"/>.</summary>
internal sealed class Nvfp4TilesWeight : QuantizedWeight
{
    private const int TileRows = 16;

    private readonly TileKernels _kernels;
    private readonly Tensor _codes;
    private readonly Tensor _scales;
    private readonly Tensor _weightScale2;

    private Nvfp4TilesWeight(
        TileKernels kernels, string name, Tensor codes, Tensor scales, Tensor weightScale2, (long? Count, long Rows, long Columns) shape)
        : base(name, shape.Count, shape.Rows, shape.Columns)
    {
        _kernels = kernels;
        _codes = codes;
        _scales = scales;
        _weightScale2 = weightScale2;
    }

    /// <inheritdoc/>
    public override string Format => "nvfp4";

    /// <inheritdoc/>
    public override long Bytes => _codes.NumberOfElements + _scales.NumberOfElements + (_weightScale2.NumberOfElements * sizeof(float));

    /// <inheritdoc/>
    public override long RowsOfPiece => TileRows;

    /// <summary>Repacks a weight, if it is NVFP4 of a size that can be cut into tiles; else returns it as it is.</summary>
    /// <param name="weight">On a GPU; taken over where it is repacked.</param>
    /// <param name="kernels">The GPU's kernels.</param>
    /// <returns>The weight to use.</returns>
    public static QuantizedWeight Repack(QuantizedWeight weight, TileKernels kernels)
    {
        if (weight is not PackedNvfp4Weight || !Nvfp4TileOrder.Fits((int)weight.Rows, (int)weight.Columns))
        {
            return weight;
        }

        DeviceWeight stored = weight.OnDevice();
        (Tensor codes, Tensor scales) = kernels.Repack(stored);
        var repacked = new Nvfp4TilesWeight(
            kernels,
            weight.Name,
            codes.DetachFromDisposeScope(),
            scales.DetachFromDisposeScope(),
            stored.GlobalScale!.clone().DetachFromDisposeScope(),
            (weight.Count, weight.Rows, weight.Columns));
        weight.Dispose();
        return repacked;
    }

    /// <inheritdoc/>
    public override DeviceWeight OnDevice() => DeviceWeight.Nvfp4Tiles(Name, _codes, _scales, _weightScale2);

    /// <inheritdoc/>
    public override Tensor? MultiplyGrouped(Tensor input, Tensor ends) => _kernels.MultiplyGrouped(OnDevice(), input, ends);

    /// <inheritdoc/>
    public override QuantizedWeight Matrix(int index) => new Nvfp4TilesWeight(
        _kernels,
        $"{Name}[{index}]",
        _codes[index].DetachFromDisposeScope(),
        _scales[index].DetachFromDisposeScope(),
        _weightScale2.narrow(0, index, 1).DetachFromDisposeScope(),
        (null, Rows, Columns));

    /// <summary>Refused: experts are stacked before they are repacked.</summary>
    public override QuantizedWeight StackOf(IReadOnlyList<QuantizedWeight> matrices) =>
        throw new NotSupportedException($"'{Name}' is repacked already; experts are stacked before.");

    /// <inheritdoc/>
    public override void Dispose()
    {
        _codes.Dispose();
        _scales.Dispose();
        _weightScale2.Dispose();
    }

    /// <inheritdoc/>
    protected override QuantizedWeight Slice(long first, long count) =>
        first % TileRows == 0 && count % TileRows == 0
            ? new Nvfp4TilesWeight(
                _kernels, Name, _codes.narrow(0, first, count), _scales.narrow(0, first, count), _weightScale2.alias(), (null, count, Columns))
            : throw new ArgumentException($"Rows {first} to {first + count} of '{Name}' are no whole tiles of {TileRows}.", nameof(first));

    /// <inheritdoc/>
    protected override QuantizedWeight Gather(Tensor indices) =>
        Count is null
            ? throw new NotSupportedException($"Rows of '{Name}' cannot be looked up: it lies in tiles of {TileRows}.")
            : new Nvfp4TilesWeight(
                _kernels,
                Name,
                _codes.index_select(0, indices),
                _scales.index_select(0, indices),
                _weightScale2.index_select(0, indices),
                (indices.size(0), Rows, Columns));

    /// <inheritdoc/>
    protected override void DequantizeAll(Tensor target) => _kernels.Dequantize(OnDevice(), target);
}
