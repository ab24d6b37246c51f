using NemotronH.Kernels.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Finds block scales that are no numbers to scale by, before anything is multiplied by them.</summary>
/// <remarks>One pass over the bytes with vector instructions, about as fast as memory is read; they are a ninth of an NVFP4 weight.</remarks>
internal static unsafe class BlockScaleCheck
{
    /// <summary>The codes that no block scale has: NaN, and all with a sign; 0 to 0x7e are the numbers from 0 to 448.</summary>
    private const byte FirstRefused = 0x7f;

    private const int PieceBytes = 1 << 30;

    /// <summary>Refuses a scale that is negative or no number.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="scales">E4M3 codes, contiguous; in a GPU's memory they are compared there, and read back only to name the place.</param>
    /// <exception cref="CheckpointException">There is such a scale; the message names the tensor and the scale's place.</exception>
    public static void Require(string name, Tensor scales)
    {
        if (scales.device_type != DeviceType.CPU)
        {
            RequireOnDevice(name, scales);
            return;
        }

        byte* codes = (byte*)AtenInterop.DataPointer(scales);
        long count = scales.NumberOfElements;
        for (long first = 0; first < count; first += PieceBytes)
        {
            var piece = new ReadOnlySpan<byte>(codes + first, (int)Math.Min(PieceBytes, count - first));
            int found = piece.IndexOfAnyInRange(FirstRefused, byte.MaxValue);
            if (found >= 0)
            {
                throw new CheckpointException(
                    $"tensor '{name}' holds {Formats.E4M3.Decode(piece[found])} as scale {first + found}; expected numbers that are not negative");
            }
        }

        GC.KeepAlive(scales);
    }

    /// <summary>The same by operators of libtorch: one comparison, one boolean read back.</summary>
    internal static void RequireOnDevice(string name, Tensor scales)
    {
        using Tensor codes = AtenInterop.ViewAs(scales, ScalarType.Byte), refused = codes.ge(FirstRefused), any = refused.any();
        if (any.item<bool>())
        {
            using Tensor host = codes.cpu();
            Require(name, host);
        }
    }
}
