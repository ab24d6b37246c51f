using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Generation.Recorded;

/// <summary>Brings the tokens of the last two steps to the host, where they are read when they are wanted.</summary>
internal sealed class StepResults : IDisposable
{
    private const int Kept = 2;

    private readonly CudaStream _stream;
    private readonly Tensor _sampled;
    private readonly PinnedBuffer _tokens;
    private readonly CudaEvent[] _arrived;
    private long _steps;

    /// <summary>Allocates the host's side.</summary>
    /// <param name="stream">The stream of the steps.</param>
    /// <param name="sampled">[max batch] int32: where each step leaves its tokens.</param>
    public StepResults(CudaStream stream, Tensor sampled)
    {
        _stream = stream;
        _sampled = sampled;
        _tokens = PinnedBuffer.Create(stream.Context, Kept * MaxBatch * sizeof(int));
        _arrived = [.. Enumerable.Range(0, Kept).Select(_ => CudaEvent.Create(stream.Context))];
    }

    private int MaxBatch => (int)_sampled.size(0);

    /// <summary>Queues the copy of a step's tokens behind the step.</summary>
    /// <returns>The step's number.</returns>
    public long Queue()
    {
        int place = (int)(_steps % Kept);
        _stream.CopyToHost(_sampled, _tokens, place * MaxBatch * sizeof(int));
        _arrived[place].Record(_stream);
        return _steps++;
    }

    /// <summary>Waits for a step's tokens.</summary>
    /// <param name="step">Its number, one of the last two.</param>
    /// <returns>[max batch] tokens.</returns>
    public int[] Read(long step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, _steps - Kept);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, _steps);
        int place = (int)(step % Kept);
        _arrived[place].Synchronize();
        return _tokens.As<int>().Slice(place * MaxBatch, MaxBatch).ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_arrived, mark => mark.Dispose());
        _tokens.Dispose();
    }
}
