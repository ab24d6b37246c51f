using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Checkpoints.Loading;

/// <summary>A source that tells how many bytes were read from another.</summary>
/// <param name="inner">The other source; stays its owner's.</param>
/// <param name="totalBytes">Bytes of all its tensors.</param>
/// <param name="progress">Told after each tensor; an exception from it ends the loading.</param>
internal sealed class ReportingSource(ITensorSource inner, long totalBytes, IProgress<LoadingProgress> progress) : ITensorSource
{
    private readonly HashSet<string> _read = [];
    private long _done;

    /// <inheritdoc/>
    public StoredTensorInfo? Describe(string name) => inner.Describe(name);

    /// <inheritdoc/>
    public Tensor Read(string name)
    {
        Tensor tensor = inner.Read(name);
        try
        {
            if (_read.Add(name))
            {
                _done += inner.Describe(name)!.ByteCount;
                progress.Report(new LoadingProgress(_done, totalBytes));
            }

            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Release(string name) => inner.Release(name);
}
