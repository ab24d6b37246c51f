using TorchSharp;

namespace NemotronH.Quantization;

/// <summary>Where modules take their stored tensors from: a checkpoint, or anything that looks like one.</summary>
public interface ITensorSource
{
    /// <summary>Describes a tensor without reading it.</summary>
    /// <param name="name">Canonical name.</param>
    /// <returns>Its dtype and shape, or <see langword="null"/> where the source has no such tensor.</returns>
    StoredTensorInfo? Describe(string name);

    /// <summary>Reads a tensor and records that it was used.</summary>
    /// <param name="name">Canonical name.</param>
    /// <returns>
    /// A tensor of <see cref="StoredDtypeExtensions.ToScalarType"/> that the caller disposes. On the CPU its memory may alias the source's and is then
    /// valid only while the source is open, and must not be written. On another device the memory is the tensor's own.
    /// </returns>
    /// <exception cref="CheckpointException">The source has no such tensor.</exception>
    torch.Tensor Read(string name);

    /// <summary>Tells that the caller holds a copy and will not touch the tensor's memory again: its pages may be dropped.</summary>
    /// <param name="name">Canonical name of a tensor that was read.</param>
    void Release(string name);
}
