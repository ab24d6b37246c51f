using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Safetensors;
using NemotronH.Configuration;
using NemotronH.Quantization;
using NemotronH.Quantization.Formats;
using NemotronH.Tests.Configuration;
using static TorchSharp.torch;

namespace NemotronH.Tests.Checkpoints.Quantizing;

/// <summary>The tensors of a model directory, held in memory to be changed and compared.</summary>
internal sealed class StoredModel
{
    private readonly Dictionary<string, (StoredTensorInfo Info, byte[] Bytes)> _tensors = [];

    public IEnumerable<string> Names => _tensors.Keys.Order(StringComparer.Ordinal);

    public StoredTensorInfo Info(string name) => _tensors[name].Info;

    public byte[] Bytes(string name) => _tensors[name].Bytes;

    public bool Has(string name) => _tensors.ContainsKey(name);

    public void Set(string name, StoredDtype dtype, long[] shape, byte[] bytes) =>
        _tensors[name] = (new StoredTensorInfo(name, dtype, shape), bytes);

    public void Set(string name, long[] shape, float[] values) =>
        Set(name, StoredDtype.Float32, shape, MemoryMarshal.AsBytes<float>(values).ToArray());

    public void Remove(string name) => _tensors.Remove(name);

    public void Rename(Func<string, string> rename)
    {
        var tensors = _tensors.Values.ToArray();
        _tensors.Clear();
        foreach ((StoredTensorInfo info, byte[] bytes) in tensors)
        {
            Set(rename(info.Name), info.Dtype, [.. info.Shape], bytes);
        }
    }

    /// <summary>The values of a tensor of floating-point numbers.</summary>
    public float[] Values(string name)
    {
        (StoredTensorInfo info, byte[] bytes) = _tensors[name];
        return info.Dtype switch
        {
            StoredDtype.Float32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            StoredDtype.BFloat16 => [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray()
                .Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16))],
            StoredDtype.Float16 => [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(half => (float)half)],
            _ => throw new InvalidOperationException($"{name} is {info.Dtype}."),
        };
    }

    /// <summary>The values of a module's weight, dequantised by the formats' formulas.</summary>
    public float[] Dequantize(string module)
    {
        if (Info($"{module}.weight").Dtype is not (StoredDtype.UInt8 or StoredDtype.Float8E4M3))
        {
            return Values($"{module}.weight");
        }

        byte[] codes = Bytes($"{module}.weight");
        byte[] scales = Bytes($"{module}.weight_scale");
        return Has($"{module}.weight_scale_2")
            ? [.. Enumerable.Range(0, codes.Length * 2).Select(i =>
                E2M1.Values[(codes[i / 2] >> (i % 2 * 4)) & 15] * E4M3.Values[scales[i / 16]] * Values($"{module}.weight_scale_2")[0])]
            : [.. codes.Select(code => E4M3.Values[code] * BinaryPrimitives.ReadSingleLittleEndian(scales))];
    }

    /// <summary>Reads the tensors of a checkpoint under their canonical names, and those of its other parts under their own.</summary>
    public static StoredModel Read(string directory)
    {
        var model = new StoredModel();
        using var checkpoint = Checkpoint.Open(directory);
        foreach (StoredTensorInfo info in checkpoint.Tensors)
        {
            using Tensor tensor = checkpoint.Read(info.Name);
            model.Set(info.Name, info.Dtype, [.. info.Shape], tensor.bytes.ToArray());
        }

        foreach (CheckpointTensor other in checkpoint.OtherParts)
        {
            using Tensor tensor = other.File.Read(other.OnDiskName);
            model.Set(other.OnDiskName, other.Info.Dtype, [.. other.Info.Shape], tensor.bytes.ToArray());
        }

        return model;
    }

    /// <summary>Writes a model directory.</summary>
    public void Write(string directory, NemotronHConfig config)
    {
        WriteTensors(directory);
        File.WriteAllText(Path.Join(directory, "config.json"), new ConfigWriter(new Random(1)).Write(config));
    }

    public void WriteTensors(string directory)
    {
        Directory.CreateDirectory(directory);
        using var writer = new SafetensorsWriter(Path.Join(directory, "model.safetensors"), _tensors.Values.Select(tensor => tensor.Info));
        foreach ((StoredTensorInfo info, byte[] bytes) in _tensors.Values)
        {
            writer.Write(info, bytes);
        }

        writer.Complete();
    }
}
