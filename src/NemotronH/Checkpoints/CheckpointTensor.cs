using NemotronH.Checkpoints.Safetensors;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>A tensor of an opened checkpoint.</summary>
/// <param name="info">Its canonical name, dtype and shape.</param>
/// <param name="file">The file that holds it.</param>
/// <param name="onDiskName">Its name there.</param>
internal sealed class CheckpointTensor(StoredTensorInfo info, SafetensorsFile file, string onDiskName)
{
    /// <summary>Canonical name, dtype and shape.</summary>
    internal StoredTensorInfo Info { get; } = info;

    /// <summary>The file that holds the tensor.</summary>
    internal SafetensorsFile File { get; } = file;

    /// <summary>Name in the file.</summary>
    internal string OnDiskName { get; } = onDiskName;

    /// <summary>Whether the tensor was read.</summary>
    internal bool IsUsed { get; set; }
}
