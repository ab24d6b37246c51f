using NemotronH.Kernels.Cuda.Products;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>FP8 weights as they are on disk: W[n, k] = e4m3(codes[n, k]) · weight_scale.</summary>
internal sealed class Fp8Weight : QuantizedWeight
{
    private readonly Tensor _codes;
    private readonly Tensor _scale;

    /// <summary>Takes tensors over.</summary>
    /// <param name="name">What messages call the weight.</param>
    /// <param name="codes">[N, K] or [E, N, K] E4M3 codes as bytes, contiguous.</param>
    /// <param name="scale">float32: one number, or for a stack E numbers.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it and says what was expected. Nothing is taken over.</exception>
    public Fp8Weight(string name, Tensor codes, Tensor scale)
        : this(name, codes, scale, WeightContract.RequireCodes(name, codes, perByte: 1))
    {
        _scale = WeightContract.RequireFactors(name, "weight_scale", scale, Count, codes.device).DetachFromDisposeScope();
        _codes = codes.DetachFromDisposeScope();
        scale.Dispose();
    }

    /// <summary>Part of a weight that went through the public constructor.</summary>
    private Fp8Weight(string name, Tensor codes, Tensor scale, (long? Count, long Rows, long Columns) shape)
        : base(name, shape.Count, shape.Rows, shape.Columns)
    {
        _codes = codes;
        _scale = scale;
    }

    /// <summary>[1] or [E] float32.</summary>
    public Tensor Scale => _scale;

    /// <inheritdoc/>
    public override string Format => "fp8";

    /// <inheritdoc/>
    public override long Bytes => _codes.NumberOfElements + (_scale.NumberOfElements * sizeof(float));

    /// <summary>The codes as numbers, the scale left out; shares the memory of the codes.</summary>
    public Fp8Weight Unscaled() =>
        new(Name, _codes.alias().DetachFromDisposeScope(), ones_like(_scale).DetachFromDisposeScope(), (Count, Rows, Columns));

    /// <inheritdoc/>
    public override DeviceWeight OnDevice() => DeviceWeight.Float8(Name, _codes, _scale);

    /// <inheritdoc/>
    public override QuantizedWeight Matrix(int index) => new Fp8Weight(
        $"{Name}[{index}]",
        _codes[index].DetachFromDisposeScope(),
        _scale.narrow(0, index, 1).DetachFromDisposeScope(),
        (null, Rows, Columns));

    /// <inheritdoc/>
    public override QuantizedWeight StackOf(IReadOnlyList<QuantizedWeight> matrices)
    {
        using var scope = NewDisposeScope();
        Fp8Weight[] all = [.. matrices.Cast<Fp8Weight>()];
        return new Fp8Weight(Name, stack(all.Select(matrix => matrix._codes)), cat([.. all.Select(matrix => matrix._scale)]));
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _codes.Dispose();
        _scale.Dispose();
    }

    /// <inheritdoc/>
    protected override QuantizedWeight Slice(long first, long count) =>
        new Fp8Weight(Name, _codes.narrow(0, first, count), _scale.alias(), (null, count, Columns));

    /// <inheritdoc/>
    protected override QuantizedWeight Gather(Tensor indices) => new Fp8Weight(
        Name,
        _codes.index_select(0, indices),
        Count is null ? _scale.alias() : _scale.index_select(0, indices),
        Count is null ? (null, indices.size(0), Columns) : (indices.size(0), Rows, Columns));

    /// <inheritdoc/>
    protected override void DequantizeAll(Tensor target)
    {
        if (target.device_type == DeviceType.CPU)
        {
            HostDequantizer.Fp8(_codes, _scale, target);
        }
        else
        {
            TorchDequantizer.Fp8(_codes, _scale, target);
        }
    }
}
