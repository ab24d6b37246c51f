using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Safetensors;
using NemotronH.Configuration;
using NemotronH.Quantization;

namespace NemotronH.Tests.Loading;

/// <summary>A checkpoint whose every matrix is NVFP4, with codes and routers of random bytes and all scales one number.</summary>
internal static class PackedCheckpoint
{
    /// <summary>Writes <c>model.safetensors</c>.</summary>
    /// <returns>Bytes of codes and block scales.</returns>
    public static long Write(NemotronHConfig config, string path)
    {
        StoredTensorInfo[] tensors = [.. ModelTensorPlan.Enumerate(config).SelectMany(Stored)];
        using var writer = new SafetensorsWriter(path, tensors);
        byte[] random = new byte[1 << 22];
        new Random(1).NextBytes(random);
        foreach (StoredTensorInfo tensor in tensors)
        {
            byte[] pattern = Pattern(tensor, random);
            for (long left = tensor.ByteCount; left > 0; left -= pattern.Length)
            {
                writer.Append(tensor.Name, pattern.AsSpan(0, (int)Math.Min(left, pattern.Length)));
            }
        }

        writer.Complete();
        return tensors.Where(tensor => tensor.Dtype is StoredDtype.UInt8 or StoredDtype.Float8E4M3).Sum(tensor => tensor.ByteCount);
    }

    private static IEnumerable<StoredTensorInfo> Stored(PlannedTensor tensor) =>
        tensor.Role is not (TensorRole.Embedding or TensorRole.Head or TensorRole.LinearWeight or TensorRole.ExpertWeight)
            ? [tensor.Unquantized]
            :
            [
                new(tensor.Name, StoredDtype.UInt8, [tensor.Shape[0], tensor.Shape[1] / 2]),
                new($"{tensor.Name}_scale", StoredDtype.Float8E4M3, [tensor.Shape[0], tensor.Shape[1] / 16]),
                new($"{tensor.Name}_scale_2", StoredDtype.Float32, []),
            ];

    /// <summary>Whole elements, over and over: 1 for block scales, 1/64 for the rest that is not random.</summary>
    private static byte[] Pattern(StoredTensorInfo tensor, byte[] random) => tensor.Dtype switch
    {
        StoredDtype.UInt8 => random,
        StoredDtype.Float8E4M3 => [.. Enumerable.Repeat((byte)0x38, 1 << 16)],
        StoredDtype.Float32 when tensor.Name.EndsWith("gate.weight", StringComparison.Ordinal) => RouterWeights(random),
        StoredDtype.Float32 => BitConverter.GetBytes(1f / 64),
        _ => [0x80, 0x3C],
    };

    private static byte[] RouterWeights(byte[] random) => [.. random.Take(1 << 14).SelectMany(value => BitConverter.GetBytes((value - 127.5f) / 128))];
}
