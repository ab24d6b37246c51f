using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Generation.Recorded;

/// <summary>The end of a decode step: each row's next token is chosen, and the rows are advanced to it.</summary>
internal sealed class SamplingStep : IStepLayer
{
    private readonly StepContext _step;
    private readonly Tensor _logits;
    private readonly SampleTokens _sample;
    private readonly AdvanceSequences _advance;
    private readonly SamplingRows _sampling;
    private readonly SequenceRows _rows;
    private readonly Tensor _sampled;

    /// <summary>Prepares the end of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="logits">[B, V] float32.</param>
    public SamplingStep(StepContext step, Tensor logits)
    {
        (_step, _logits) = (step, logits);
        _sample = new SampleTokens(step.Kernels, step.Batch, step.Config.VocabSize);
        _advance = new AdvanceSequences(step.Kernels, step.Batch);
        (SequenceRows rows, SamplingRows sampling) = (step.State.Rows, step.State.Sampling);
        _sampling = new SamplingRows(
            First(sampling.Temperature), First(sampling.TopK), First(sampling.TopP), First(sampling.MinP), First(sampling.Seed), First(sampling.Draws));
        _rows = new SequenceRows(
            First(rows.Slots), First(rows.TokenIds), First(rows.Positions), First(rows.Finished), First(rows.EndTokens), First(rows.Limits));
        _sampled = First(step.State.Sampled);
        Ring = step.Arena.Keep(step.Arena.Keep(step.State.Ring.narrow(0, 0, (long)StepState.RingSize * step.Batch)).view(StepState.RingSize, step.Batch));

        Tensor First(Tensor rows) => step.Arena.Keep(rows.narrow(0, 0, step.Batch));
    }

    /// <summary>[ring size, B] int32: the tokens of the last steps.</summary>
    public Tensor Ring { get; }

    /// <inheritdoc/>
    public void Launch(CudaStream stream)
    {
        _sample.Launch(stream, _logits, _sampling, _sampled, programmatic: true);
        _advance.Launch(stream, _sampled, _rows, _step.State.DummySlot, _sampling.Draws, Ring, _step.State.Step, programmatic: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
