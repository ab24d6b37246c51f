namespace NemotronH.Checkpoints.Loading;

/// <summary>Bytes of a tensor in a file, few enough for one staging buffer.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="TensorOffset">Where in the tensor they begin.</param>
/// <param name="Length">How many.</param>
internal readonly record struct FileSegment(CheckpointTensor Tensor, long TensorOffset, int Length)
{
    /// <summary>Where in the file they begin.</summary>
    public long FileOffset => Tensor.File.FileOffset(Tensor.OnDiskName) + TensorOffset;

    /// <summary>Cuts a tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="most">Most bytes of a segment.</param>
    public static IEnumerable<FileSegment> Cut(CheckpointTensor tensor, int most)
    {
        for (long start = 0; start < tensor.Info.ByteCount; start += most)
        {
            yield return new FileSegment(tensor, start, (int)Math.Min(most, tensor.Info.ByteCount - start));
        }
    }
}
