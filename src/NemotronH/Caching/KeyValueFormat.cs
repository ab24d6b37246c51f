using NemotronH.Kernels.Interop;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Caching;

/// <summary>How cached keys and values are held: in a float type as they are, or in 8 bits (E4M3) under a layer's scale.</summary>
/// <param name="Dtype">A float type, or <see cref="AtenInterop.Float8E4M3"/>.</param>
internal readonly record struct KeyValueFormat(ScalarType Dtype)
{
    private bool IsFloat8 => Dtype == AtenInterop.Float8E4M3;

    /// <summary>Type of the memory; E4M3 codes lie in bytes, which every operation of torch can move.</summary>
    public ScalarType StorageDtype => IsFloat8 ? ScalarType.Byte : Dtype;

    /// <summary>Brings values into the form they are held in; in 8 bits sat(x / scale).</summary>
    public Tensor Encode(Tensor values, float scale)
    {
        if (!IsFloat8)
        {
            return values.to(Dtype);
        }

        using var scope = NewDisposeScope();
        Tensor wide = values.to(ScalarType.Float32);
        Tensor codes = E4M3Tensor.Saturate(scale == 1 ? wide : wide / scale);
        return AtenInterop.ViewAs(codes, ScalarType.Byte).MoveToOuterDisposeScope();
    }

    /// <summary>Brings what is held into a compute dtype; a view where that is possible.</summary>
    public Tensor Decode(Tensor held, float scale, ScalarType dtype)
    {
        if (!IsFloat8)
        {
            return held.to(dtype);
        }

        using var scope = NewDisposeScope();
        Tensor wide = E4M3Tensor.ToFloat32(held);
        return (scale == 1 ? wide : wide.mul_(scale)).to(dtype).MoveToOuterDisposeScope();
    }
}
