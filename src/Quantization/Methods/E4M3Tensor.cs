using NemotronH.Kernels.Interop;
using NemotronH.Quantization.Formats;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Conversions between float tensors and E4M3, on any device.</summary>
public static class E4M3Tensor
{
    /// <summary>Rounds to the nearest E4M3 number, ties to even, saturating at ±448: torch's own conversion gives NaN beyond.</summary>
    /// <param name="values">float32 of any shape.</param>
    /// <returns>E4M3 (<see cref="AtenInterop.Float8E4M3"/>) of the same shape; NaN stays NaN.</returns>
    public static Tensor Saturate(Tensor values)
    {
        using Tensor clamped = values.clamp(-E4M3.MaxValue, E4M3.MaxValue);
        return clamped.to(AtenInterop.Float8E4M3);
    }

    /// <summary>Widens E4M3 codes, exactly.</summary>
    /// <param name="codes">Bytes of any shape.</param>
    /// <returns>float32 of the same shape.</returns>
    public static Tensor ToFloat32(Tensor codes)
    {
        using Tensor numbers = AtenInterop.ViewAs(codes, AtenInterop.Float8E4M3);
        return numbers.to(ScalarType.Float32);
    }
}
