using System.Diagnostics.CodeAnalysis;
using NemotronH.Checkpoints.Safetensors;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Checkpoints;

/// <summary>
/// The tensors of a checkpoint directory, single or sharded, under canonical names (rooted at <c>backbone.</c> or <c>lm_head.</c>) whatever
/// prefix the files use.
/// </summary>
/// <remarks>
/// Files are mapped into memory, not loaded: a tensor that <see cref="Read"/> returns may alias a map, so the checkpoint must outlive it.
/// Per-expert tensors and experts fused into one tensor keep the names they have; which of them are there is for the caller to see. Not
/// thread-safe.
/// </remarks>
public sealed class Checkpoint : ITensorSource, IDisposable
{
    private readonly CheckpointFiles _files;
    private readonly Dictionary<string, CheckpointTensor> _tensors = [];
    private readonly Dictionary<string, SetAsideTensors> _setAside = [];
    private readonly List<CheckpointTensor> _otherParts = [];

    private Checkpoint(CheckpointFiles files)
    {
        _files = files;
        foreach (SafetensorsFile file in files.Files)
        {
            foreach (StoredTensorInfo tensor in file.Tensors)
            {
                Add(tensor, file);
            }
        }
    }

    /// <summary>The directory the checkpoint was opened from.</summary>
    public string Path => _files.Directory;

    /// <summary>The language model's tensors under their canonical names, unknown ones under the names they have.</summary>
    public IEnumerable<StoredTensorInfo> Tensors => _tensors.Values.Select(tensor => tensor.Info);

    /// <summary>What the checkpoint holds beside the language model, one note for each part; empty if nothing.</summary>
    public IReadOnlyCollection<SetAsideTensors> SetAside => _setAside.Values;

    /// <summary>The tensors that are set aside, under their names on disk.</summary>
    internal IReadOnlyList<CheckpointTensor> OtherParts => _otherParts;

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="directory">
    /// Directory with <c>model.safetensors.index.json</c>, <c>model.safetensors</c> or a single <c>*.safetensors</c>.
    /// </param>
    /// <returns>The opened checkpoint, which the caller disposes.</returns>
    /// <exception cref="CheckpointException">Something is missing or malformed, or two tensors have the same canonical name.</exception>
    public static Checkpoint Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var files = CheckpointFiles.Open(directory);
        try
        {
            return new Checkpoint(files);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public StoredTensorInfo? Describe(string name) => _tensors.GetValueOrDefault(name)?.Info;

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The checkpoint is closed.</exception>
    public Tensor Read(string name)
    {
        CheckpointTensor tensor = Use(name);
        return tensor.File.Read(tensor.OnDiskName);
    }

    /// <summary>Where a tensor of the language model is stored, to read its bytes without torch; it counts as used from here on.</summary>
    /// <param name="name">Canonical name.</param>
    /// <exception cref="CheckpointException">The checkpoint has no such tensor.</exception>
    internal CheckpointTensor Use(string name)
    {
        CheckpointTensor tensor = Find(name);
        tensor.IsUsed = true;
        return tensor;
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The checkpoint is closed.</exception>
    public void Release(string name)
    {
        CheckpointTensor tensor = Find(name);
        tensor.File.Release(tensor.OnDiskName);
    }

    /// <summary>The name a tensor has in its file, for messages.</summary>
    /// <param name="name">Canonical name.</param>
    /// <returns>The name on disk; <paramref name="name"/> itself where the checkpoint has no such tensor.</returns>
    public string OnDiskName(string name) => _tensors.GetValueOrDefault(name)?.OnDiskName ?? name;

    /// <summary>Checks that tensors are there before any is read.</summary>
    /// <param name="names">Canonical names.</param>
    /// <exception cref="CheckpointException">Some are missing; the message names the first few.</exception>
    public void ThrowIfMissing(IEnumerable<string> names)
    {
        string[] missing = [.. names.Where(name => !_tensors.ContainsKey(name)).Select(Message.Quote)];
        if (missing.Length > 0)
        {
            throw Missing(missing);
        }
    }

    /// <summary>Checks that every tensor was read.</summary>
    /// <param name="expected">What the model has instead, as in <c>52 layers</c>; ends the message.</param>
    /// <exception cref="CheckpointException">Some were not; the message names the first few as they are on disk.</exception>
    public void ThrowIfUnused(string expected)
    {
        string[] unused = [.. _tensors.Values.Where(tensor => !tensor.IsUsed)
            .Select(tensor => $"{Message.Quote(tensor.OnDiskName)} {Message.Describe(tensor.Info)}")];
        if (unused.Length > 0)
        {
            string found = $"{Are(unused.Length)} used by nothing: {Message.FirstFew(unused)}";
            throw new CheckpointException($"{Path}: {found}; expected only {expected}");
        }
    }

    /// <summary>Closes the files: tensors that alias them are invalid from here on.</summary>
    public void Dispose() => _files.Dispose();

    private void Add(StoredTensorInfo tensor, SafetensorsFile file)
    {
        (string canonical, string? aside) = TensorNameMap.Map(tensor.Name);
        if (aside is not null)
        {
            SetAsideTensors sum = _setAside.GetValueOrDefault(aside) ?? new SetAsideTensors(aside, 0, 0);
            _setAside[aside] = sum with { Count = sum.Count + 1, ByteCount = sum.ByteCount + tensor.ByteCount };
            _otherParts.Add(new CheckpointTensor(tensor, file, tensor.Name));
            return;
        }

        StoredTensorInfo info = canonical == tensor.Name ? tensor : tensor with { Name = canonical };
        if (!_tensors.TryAdd(canonical, new CheckpointTensor(info, file, tensor.Name)))
        {
            ThrowTwice(_tensors[canonical], tensor.Name, file);
        }
    }

    [DoesNotReturn]
    private static void ThrowTwice(CheckpointTensor first, string secondName, SafetensorsFile secondFile) =>
        throw new CheckpointException(
            $"{secondFile.Path}: tensor {Message.Quote(secondName)} is the same as {Message.Quote(first.OnDiskName)} " +
            $"in {System.IO.Path.GetFileName(first.File.Path)}, expected only one of them");

    /// <summary>Where a tensor of the language model is stored; it does not count as used by this.</summary>
    /// <param name="name">Canonical name.</param>
    /// <exception cref="CheckpointException">The checkpoint has no such tensor.</exception>
    internal CheckpointTensor Find(string name) => _tensors.GetValueOrDefault(name) ?? throw Missing([Message.Quote(name)]);

    private CheckpointException Missing(string[] names) => new($"{Path}: {Are(names.Length)} missing: {Message.FirstFew(names)}");

    private static string Are(int count) => count == 1 ? "1 tensor is" : $"{count} tensors are";
}
