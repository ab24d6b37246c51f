using NemotronH.Kernels.Cuda.Products;
using NemotronH.Quantization.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>NVFP4 weights as they are on disk: W[n, k] = e2m1(codes[n, k/2]) · e4m3(scales[n, k/16]) · weight_scale_2.</summary>
internal sealed class PackedNvfp4Weight : QuantizedWeight
{
    private readonly Tensor _codes;
    private readonly Tensor _scales;
    private readonly Tensor _weightScale2;

    /// <summary>
    /// Takes tensors over. There is no other way in, so block scales are in row order in every weight that is ever read, whichever order they
    /// came in.
    /// </summary>
    /// <param name="name">What messages call the weight.</param>
    /// <param name="codes">[N, K/2] or [E, N, K/2] bytes, contiguous; the low nibble is the even column.</param>
    /// <param name="scales">E4M3 codes as bytes, contiguous: [(E,) N, K/16], or swizzled (see <see cref="BlockScales"/>).</param>
    /// <param name="weightScale2">float32: one number, or for a stack E numbers.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it and says what was expected. Nothing is taken over.</exception>
    public PackedNvfp4Weight(string name, Tensor codes, Tensor scales, Tensor weightScale2)
        : this(name, codes, scales, weightScale2, WeightContract.RequireCodes(name, codes, perByte: 2))
    {
        BlockScales layout = new(Count, Rows, Columns / Nvfp4.BlockSize);
        using var scope = NewDisposeScope();
        Tensor linear = WeightContract.RequireScales(name, scales, layout, codes.device);
        Tensor factors = WeightContract.RequireFactors(name, "weight_scale_2", weightScale2, Count, codes.device);
        _codes = codes.DetachFromDisposeScope();
        _scales = linear.DetachFromDisposeScope();
        _weightScale2 = factors.DetachFromDisposeScope();
        scales.Dispose();
        weightScale2.Dispose();
    }

    /// <summary>Part of a weight that went through the public constructor.</summary>
    private PackedNvfp4Weight(string name, Tensor codes, Tensor scales, Tensor weightScale2, (long? Count, long Rows, long Columns) shape)
        : base(name, shape.Count, shape.Rows, shape.Columns)
    {
        _codes = codes;
        _scales = scales;
        _weightScale2 = weightScale2;
    }

    /// <inheritdoc/>
    public override string Format => "nvfp4";

    /// <inheritdoc/>
    public override long Bytes => _codes.NumberOfElements + _scales.NumberOfElements + (_weightScale2.NumberOfElements * sizeof(float));

    /// <inheritdoc/>
    public override DeviceWeight OnDevice() => DeviceWeight.Nvfp4(Name, _codes, _scales, _weightScale2);

    /// <inheritdoc/>
    public override QuantizedWeight Matrix(int index) => new PackedNvfp4Weight(
        $"{Name}[{index}]",
        _codes[index].DetachFromDisposeScope(),
        _scales[index].DetachFromDisposeScope(),
        _weightScale2.narrow(0, index, 1).DetachFromDisposeScope(),
        (null, Rows, Columns));

    /// <inheritdoc/>
    public override QuantizedWeight StackOf(IReadOnlyList<QuantizedWeight> matrices)
    {
        using var scope = NewDisposeScope();
        PackedNvfp4Weight[] all = [.. matrices.Cast<PackedNvfp4Weight>()];
        return new PackedNvfp4Weight(
            Name,
            stack(all.Select(matrix => matrix._codes)),
            stack(all.Select(matrix => matrix._scales)),
            cat([.. all.Select(matrix => matrix._weightScale2)]));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _codes.Dispose();
        _scales.Dispose();
        _weightScale2.Dispose();
    }

    /// <inheritdoc/>
    protected override QuantizedWeight Slice(long first, long count) => new PackedNvfp4Weight(
        Name, _codes.narrow(0, first, count), _scales.narrow(0, first, count), _weightScale2.alias(), (null, count, Columns));

    /// <inheritdoc/>
    protected override QuantizedWeight Gather(Tensor indices) => new PackedNvfp4Weight(
        Name,
        _codes.index_select(0, indices),
        _scales.index_select(0, indices),
        Count is null ? _weightScale2.alias() : _weightScale2.index_select(0, indices),
        Count is null ? (null, indices.size(0), Columns) : (indices.size(0), Rows, Columns));

    /// <inheritdoc/>
    protected override void DequantizeAll(Tensor target)
    {
        if (target.device_type == DeviceType.CPU)
        {
            HostDequantizer.Nvfp4(_codes, _scales, _weightScale2, target);
        }
        else
        {
            TorchDequantizer.Nvfp4(_codes, _scales, _weightScale2, target);
        }
    }
}
