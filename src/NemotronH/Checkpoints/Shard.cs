using NemotronH.Checkpoints.Safetensors;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>One file of a checkpoint that is being written.</summary>
/// <param name="tensors">The tensors it will hold.</param>
/// <param name="fileName">Its name in the checkpoint directory.</param>
internal sealed class Shard(IReadOnlyList<StoredTensorInfo> tensors, string fileName) : IDisposable
{
    /// <summary>Name of the file of a checkpoint that has only one.</summary>
    internal const string SingleFileName = "model.safetensors";

    // Hugging Face's loaders ask for this entry.
    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    private SafetensorsWriter? _writer;
    private bool _complete;

    /// <summary>The tensors of this file.</summary>
    internal IReadOnlyList<StoredTensorInfo> Tensors { get; } = tensors;

    /// <summary>The file's name in the checkpoint directory.</summary>
    internal string FileName { get; } = fileName;

    /// <summary>Bytes of its tensors.</summary>
    internal long Bytes => Tensors.Sum(tensor => tensor.ByteCount);

    /// <summary>Divides tensors into files of bounded size, in the given order; there is at least one file.</summary>
    internal static List<Shard> Split(IEnumerable<StoredTensorInfo> tensors, long maxShardBytes)
    {
        List<List<StoredTensorInfo>> groups = [[]];
        long bytes = 0;
        foreach (StoredTensorInfo tensor in tensors)
        {
            if (groups[^1].Count > 0 && bytes + tensor.ByteCount > maxShardBytes)
            {
                groups.Add([]);
                bytes = 0;
            }

            groups[^1].Add(tensor);
            bytes += tensor.ByteCount;
        }

        return [.. groups.Select((group, i) => new Shard(group, Name(i + 1, groups.Count)))];
    }

    /// <summary>The writer of the file, which begins at the first call.</summary>
    internal SafetensorsWriter Open(string directory)
    {
        ObjectDisposedException.ThrowIf(_complete, this);
        return _writer ??= new SafetensorsWriter(Path.Join(directory, FileName), Tensors, Metadata);
    }

    /// <summary>Finishes the file as soon as its last byte is there: no more files are open than are being written.</summary>
    internal void CompleteIfFull()
    {
        if (_writer is { BytesMissing: 0 })
        {
            _writer.Complete();
            Dispose();
            _complete = true;
        }
    }

    /// <summary>Finishes the file if it is not finished yet.</summary>
    /// <exception cref="InvalidOperationException">A tensor lacks bytes.</exception>
    internal void Complete(string directory)
    {
        if (!_complete)
        {
            Open(directory).Complete();
            Dispose();
            _complete = true;
        }
    }

    /// <summary>Abandons the file, unless it is complete.</summary>
    public void Dispose()
    {
        _writer?.Dispose();
        _writer = null;
    }

    private static string Name(int number, int count) => count == 1 ? SingleFileName : $"model-{number:D5}-of-{count:D5}.safetensors";
}
