using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NemotronH.Quantization.Formats;

/// <summary>
/// Reads NVFP4 blocks with vector look-ups: a block has only eight magnitudes, so they are scaled (and rounded, where the result is narrower) once and
/// then looked up 16 times.
/// </summary>
internal static class Nvfp4Decoder
{
    private const uint SignBit = 8;

    /// <summary>Decodes whole blocks to float32: (e2m1 · e4m3) · weight_scale_2, the first product exact.</summary>
    public static void Decode(ReadOnlySpan<byte> codes, ReadOnlySpan<byte> scales, float weightScale2, Span<float> weights)
    {
        ref float target = ref MemoryMarshal.GetReference(weights);
        for (int block = 0; block < scales.Length; block++)
        {
            Vector256<float> magnitudes = Magnitudes(scales[block], weightScale2);
            (Vector256<uint> first, Vector256<uint> second) = Vector256.Widen(Widen(Nibbles(codes, block)));
            LookUp(magnitudes, first).StoreUnsafe(ref target, (nuint)(block * Nvfp4.BlockSize));
            LookUp(magnitudes, second).StoreUnsafe(ref target, (nuint)((block * Nvfp4.BlockSize) + 8));
        }
    }

    /// <summary>Decodes whole blocks to bfloat16: the float32 values, rounded once.</summary>
    public static void Decode(ReadOnlySpan<byte> codes, ReadOnlySpan<byte> scales, float weightScale2, Span<ushort> weights)
    {
        ref ushort target = ref MemoryMarshal.GetReference(weights);
        for (int block = 0; block < scales.Length; block++)
        {
            Vector128<ushort> magnitudes = BFloat16.FromSingle(Magnitudes(scales[block], weightScale2));
            Vector256<ushort> values = Vector256.Create(magnitudes, magnitudes ^ Vector128.Create((ushort)0x8000));
            Vector256.ShuffleNative(values, Widen(Nibbles(codes, block))).StoreUnsafe(ref target, (nuint)(block * Nvfp4.BlockSize));
        }
    }

    /// <summary>What the codes 0 to 7 stand for under a block's scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Magnitudes(byte scale, float weightScale2) =>
        Vector256.Create(0f, 0.5f, 1f, 1.5f, 2f, 3f, 4f, 6f) * E4M3.Decode(scale) * weightScale2;

    /// <summary>The 16 codes of a block, one a byte, in column order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Nibbles(ReadOnlySpan<byte> codes, int block)
    {
        ulong packed = BinaryPrimitives.ReadUInt64LittleEndian(codes.Slice(block * Nvfp4.BlockBytes, Nvfp4.BlockBytes));
        Vector128<ushort> pairs = Vector128.WidenLower(Vector128.CreateScalarUnsafe(packed).AsByte());
        return ((pairs & Vector128.Create((ushort)0x000F)) | ((pairs << 4) & Vector128.Create((ushort)0x0F00))).AsByte();
    }

    /// <summary>The magnitude that the low three bits choose, with the sign of bit 3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> LookUp(Vector256<float> magnitudes, Vector256<uint> codes)
    {
        Vector256<float> chosen = Vector256.ShuffleNative(magnitudes, (codes & Vector256.Create(7u)).AsInt32());
        return (chosen.AsUInt32() ^ ((codes & Vector256.Create(SignBit)) << 28)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Widen(Vector128<byte> nibbles)
    {
        (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(nibbles);
        return Vector256.Create(lower, upper);
    }
}
