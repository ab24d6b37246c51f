using NemotronH.Quantization.Formats;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>What the tensors of a quantised weight must be: checked once, where they are taken over.</summary>
internal static class WeightContract
{
    /// <summary>Checks codes and tells the shape of the weight.</summary>
    /// <param name="name">What messages call the weight.</param>
    /// <param name="codes">[N, K/perByte] or [E, N, K/perByte] bytes.</param>
    /// <param name="perByte">Codes in a byte: 1 (E4M3) or 2 (E2M1).</param>
    /// <returns>E for a stack, N and K.</returns>
    /// <exception cref="ArgumentException">They are not so.</exception>
    public static (long? Count, long Rows, long Columns) RequireCodes(string name, Tensor codes, int perByte)
    {
        long[] shape = codes.shape;
        bool packed = perByte == 2;
        if (codes.dtype != ScalarType.Byte || shape.Length is not (2 or 3) || (packed && shape[^1] % Nvfp4.BlockBytes != 0))
        {
            string expected = packed ? $"[N, K/2] or [E, N, K/2], K a multiple of {Nvfp4.BlockSize}" : "[N, K] or [E, N, K]";
            throw new ArgumentException(
                $"weight of '{name}' is {codes.dtype} {TensorContract.Text(shape)}; expected Byte {expected}.", nameof(codes));
        }

        TensorContract.RequireContiguous(codes, $"weight of '{name}'");
        return (shape.Length == 3 ? shape[0] : null, shape[^2], perByte * shape[^1]);
    }

    /// <summary>Checks block scales and brings them into row order.</summary>
    /// <param name="name">What messages call the weight.</param>
    /// <param name="scales">E4M3 codes.</param>
    /// <param name="layout">The weight's blocks.</param>
    /// <param name="device">Device of the codes.</param>
    /// <returns>[(E,) N, K/16]; a new tensor object, whose memory may be that of <paramref name="scales"/>.</returns>
    /// <exception cref="ArgumentException">They are not so.</exception>
    public static Tensor RequireScales(string name, Tensor scales, BlockScales layout, Device device)
    {
        long[] shape = scales.shape;
        if (scales.dtype != ScalarType.Byte || layout.Classify(shape) is null)
        {
            throw new ArgumentException(
                $"weight_scale of '{name}' is {scales.dtype} {TensorContract.Text(shape)}; expected Byte {layout.Expectation}.", nameof(scales));
        }

        TensorContract.RequireContiguous(scales, $"weight_scale of '{name}'");
        TensorContract.RequireDevice(scales, $"weight_scale of '{name}'", device);
        return layout.ToLinear(scales);
    }

    /// <summary>Checks the factor of a matrix, or those of a stack.</summary>
    /// <param name="name">What messages call the weight.</param>
    /// <param name="tensorName">The factor's own name.</param>
    /// <param name="factors">float32: one number, or one for each matrix.</param>
    /// <param name="count">Matrices in a stack, or <see langword="null"/>.</param>
    /// <param name="device">Device of the codes.</param>
    /// <returns>[1] or [E]; a new tensor object.</returns>
    /// <exception cref="ArgumentException">They are not so.</exception>
    public static Tensor RequireFactors(string name, string tensorName, Tensor factors, long? count, Device device)
    {
        long matrices = count ?? 1, found = factors.NumberOfElements;
        if (factors.dtype != ScalarType.Float32 || (found != 1 && found != matrices))
        {
            string expected = matrices == 1 ? "1 element" : $"1 or {matrices} elements";
            throw new ArgumentException(
                $"{tensorName} of '{name}' is {factors.dtype} {TensorContract.Text(factors.shape)}; expected Float32 with {expected}.",
                nameof(factors));
        }

        TensorContract.RequireContiguous(factors, $"{tensorName} of '{name}'");
        TensorContract.RequireDevice(factors, $"{tensorName} of '{name}'", device);
        using var scope = NewDisposeScope();
        return factors.reshape(-1).expand(matrices).contiguous().MoveToOuterDisposeScope();
    }
}
