using NemotronH.Checkpoints.Hub;
using NemotronH.Checkpoints.Safetensors;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>The opened safetensors files of a checkpoint directory.</summary>
internal sealed class CheckpointFiles : IDisposable
{
    private readonly List<SafetensorsFile> _files = [];

    private CheckpointFiles(string directory) => Directory = directory;

    /// <summary>The checkpoint directory.</summary>
    internal string Directory { get; }

    /// <summary>The files in the order of their names.</summary>
    internal IReadOnlyList<SafetensorsFile> Files => _files;

    /// <summary>Opens the files that the index names, else the only file.</summary>
    /// <exception cref="CheckpointException">
    /// There is no such directory, a file is missing or malformed, or index and files disagree.
    /// </exception>
    internal static CheckpointFiles Open(string directory)
    {
        if (!System.IO.Directory.Exists(directory))
        {
            throw new CheckpointException(File.Exists(directory)
                ? $"{directory}: is a file, expected a checkpoint directory"
                : $"{directory}: no such directory");
        }

        var files = new CheckpointFiles(directory);
        try
        {
            files.OpenAll();
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Closes all files.</summary>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    /// <summary>What to do about a file that is not there, behind the message: a model from the Hub can be completed.</summary>
    private string Remedy => HubCache.ModelOf(Directory) is { } model ? $"; 'nemotronh pull {model}' fetches it" : "";

    private void OpenAll()
    {
        string indexPath = Path.Join(Directory, ShardIndex.FileName);
        if (!File.Exists(indexPath))
        {
            _files.Add(SafetensorsFile.Open(OnlyFile()));
            return;
        }

        var index = ShardIndex.Read(indexPath);
        foreach (string shard in index.Shards.Values.Distinct().Order(StringComparer.Ordinal))
        {
            _files.Add(OpenShard(index, shard));
        }

        CheckIndex(index);
    }

    private string OnlyFile()
    {
        string usual = Path.Join(Directory, Shard.SingleFileName);
        if (File.Exists(usual))
        {
            return usual;
        }

        string[] found = System.IO.Directory.GetFiles(Directory, "*.safetensors");
        return found.Length == 1 ? found[0] : throw new CheckpointException($"{Directory}: " + (found.Length == 0
            ? $"there is no {Shard.SingleFileName}, {ShardIndex.FileName} or other .safetensors file{Remedy}"
            : $"there are {found.Length} .safetensors files, expected {ShardIndex.FileName} beside them"));
    }

    private SafetensorsFile OpenShard(ShardIndex index, string shard)
    {
        string path = Path.Join(Directory, shard);
        return File.Exists(path)
            ? SafetensorsFile.Open(path)
            : throw new CheckpointException($"{index.Path}: the index names the shard {Message.Quote(shard)}, but there is no such file{Remedy}");
    }

    private void CheckIndex(ShardIndex index)
    {
        var byName = _files.ToDictionary(file => Path.GetFileName(file.Path));
        foreach ((string tensor, string shard) in index.Shards)
        {
            if (byName[shard].Describe(tensor) is null)
            {
                throw new CheckpointException(
                    $"{index.Path}: the index says that tensor {Message.Quote(tensor)} is in {Message.Quote(shard)}, but it is not there");
            }
        }
    }
}
