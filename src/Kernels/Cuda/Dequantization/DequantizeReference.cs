using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What the dequantising kernels compute, in TorchSharp operations on any device: a table of the sixteen E2M1 numbers.</summary>
internal static class DequantizeReference
{
    private static readonly float[] E2M1 = [0f, 0.5f, 1f, 1.5f, 2f, 3f, 4f, 6f, -0f, -0.5f, -1f, -1.5f, -2f, -3f, -4f, -6f];

    /// <summary>NVFP4, one matrix or a bank.</summary>
    /// <param name="codes">[(E,) N, K/2] bytes.</param>
    /// <param name="scales">[(E,) N, K/16] bytes.</param>
    /// <param name="weightScale2">[1] or [E] float32.</param>
    /// <returns>[(E,) N, K] bfloat16.</returns>
    public static Tensor Nvfp4(Tensor codes, Tensor scales, Tensor weightScale2)
    {
        using var scope = NewDisposeScope();
        Tensor wide = codes.to(ScalarType.Int64);
        Tensor nibbles = stack([wide.remainder(16), wide.floor_divide(16)], -1);
        Tensor values = tensor(E2M1, device: codes.device).index_select(0, nibbles.flatten()).view([.. scales.shape, 16]);
        values = values * ToFloat32(scales).unsqueeze(-1) * Spread(weightScale2, scales.Dimensions + 1);
        return values.view([.. codes.shape[..^1], codes.size(-1) * 2]).to(ScalarType.BFloat16).MoveToOuterDisposeScope();
    }

    /// <summary>FP8, one matrix or a bank.</summary>
    /// <param name="codes">[(E,) N, K] bytes.</param>
    /// <param name="scale">[1] or [E] float32.</param>
    /// <returns>[(E,) N, K] bfloat16.</returns>
    public static Tensor Fp8(Tensor codes, Tensor scale)
    {
        using var scope = NewDisposeScope();
        return (ToFloat32(codes) * Spread(scale, codes.Dimensions)).to(ScalarType.BFloat16).MoveToOuterDisposeScope();
    }

    private static Tensor ToFloat32(Tensor codes) => AtenInterop.ViewAs(codes, AtenInterop.Float8E4M3).to(ScalarType.Float32);

    private static Tensor Spread(Tensor factors, long dimensions) => factors.view([-1, .. Enumerable.Repeat(1L, (int)dimensions - 1)]);
}
