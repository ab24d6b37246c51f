using System.Runtime.InteropServices;
using NemotronH.Quantization;
using NemotronH.Quantization.Formats;

namespace NemotronH.Checkpoints.Quantizing;

/// <summary>A tensor of the checkpoint that is quantised, mapped into memory.</summary>
/// <param name="Info">Its name in the new checkpoint, dtype and shape; those of one expert where the experts are stored fused.</param>
/// <param name="Stored">Where it is stored, fused or not.</param>
/// <param name="Offset">Where it begins within what is stored, in bytes.</param>
internal sealed record SourceTensor(StoredTensorInfo Info, CheckpointTensor Stored, long Offset = 0)
{
    /// <summary>Reads bytes.</summary>
    /// <param name="start">Index of the first.</param>
    /// <param name="length">How many.</param>
    internal unsafe ReadOnlySpan<byte> Bytes(long start, int length) =>
        new((byte*)Stored.File.Address(Stored.OnDiskName) + Offset + start, length);

    /// <summary>Widens elements to float32, exactly.</summary>
    /// <param name="start">Index of the first.</param>
    /// <param name="values">Receives as many as it has room for.</param>
    internal void Widen(long start, Span<float> values)
    {
        int width = Info.Dtype.SizeInBytes();
        ReadOnlySpan<byte> bytes = Bytes(start * width, checked(values.Length * width));
        switch (Info.Dtype)
        {
            case StoredDtype.BFloat16:
                BFloat16.ToSingle(MemoryMarshal.Cast<byte, ushort>(bytes), values);
                break;
            case StoredDtype.Float16:
                Widen(MemoryMarshal.Cast<byte, Half>(bytes), values);
                break;
            default:
                bytes.CopyTo(MemoryMarshal.AsBytes(values));
                break;
        }
    }

    /// <summary>Tells that the tensor was read for the last time.</summary>
    internal void Release() => Stored.File.Release(Stored.OnDiskName);

    private static void Widen(ReadOnlySpan<Half> halves, Span<float> values)
    {
        for (int i = 0; i < halves.Length; i++)
        {
            values[i] = (float)halves[i];
        }
    }
}
