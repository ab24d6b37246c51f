using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>
/// Ends a decode step on the device, in one small launch, so that the host can queue further steps before it knows the tokens: sampled
/// tokens become the next step's inputs, positions move on, rows of sequences that end become padding, the step's tokens go to a ring that
/// the host may read late.
/// </summary>
/// <remarks>
/// Later steps give a finished sequence −1 in the ring and leave its caches alone: keys, values and states are those after its last step. The
/// first kernel of a step must not begin before this one has ended: kernels behind it read slots and positions early.
/// </remarks>
public sealed class AdvanceSequences
{
    private readonly int _batch;
    private readonly CudaFunction _kernel;

    /// <summary>Compiles the kernel.</summary>
    /// <param name="library">The GPU's kernels.</param>
    /// <param name="batch">Rows B of a launch, 1 to 128.</param>
    /// <exception cref="ArgumentException">The batch is out of range.</exception>
    public AdvanceSequences(KernelLibrary library, int batch)
    {
        StepBatch.Validate(batch);
        ArgumentNullException.ThrowIfNull(library);
        _batch = batch;
        _kernel = library.Get(new KernelSource("advance_sequences.cu"), "advance_sequences");
    }

    /// <summary>Queues the launch.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="sampled">[B] int32, the step's tokens; −1 where the logits were not finite.</param>
    /// <param name="rows">The sequences; slots, tokens, positions and states are updated.</param>
    /// <param name="dummySlot">The slot of padding rows, which nothing is done for.</param>
    /// <param name="draws">[B] int64, <see cref="SamplingRows.Draws"/>: counted on for rows that ran.</param>
    /// <param name="ring">[R, B] int32: the step's tokens are written to row (step mod R), −1 where there is none.</param>
    /// <param name="step">[1] int32, the number of steps done, counted on; modulo 2³², so R is best a power of two.</param>
    /// <param name="programmatic">Whether the kernel may begin while the one before it still runs.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        Tensor sampled,
        SequenceRows rows,
        int dummySlot,
        Tensor draws,
        Tensor ring,
        Tensor step,
        bool programmatic = false)
    {
        ArgumentNullException.ThrowIfNull(rows);
        rows.Check(_batch);
        TensorCheck.Expect(sampled, nameof(sampled), ScalarType.Int32, _batch);
        TensorCheck.Expect(draws, nameof(draws), ScalarType.Int64, _batch);
        TensorCheck.Expect(ring, nameof(ring), ScalarType.Int32, TensorCheck.Any, _batch);
        TensorCheck.Expect(step, nameof(step), ScalarType.Int32, 1);
        _kernel.Launch(
            stream, 1, LaunchGeometry.Threads(_batch), 0, programmatic,
            sampled, rows.Slots, dummySlot, rows.EndTokens, (int)rows.EndTokens.size(1), rows.Limits, _batch,
            rows.TokenIds, rows.Positions, rows.Finished, draws, ring, (int)ring.size(0), step);
    }
}
