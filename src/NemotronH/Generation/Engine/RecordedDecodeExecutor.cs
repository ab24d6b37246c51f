using NemotronH.Generation.Recorded;

namespace NemotronH.Generation;

/// <summary>
/// Decodes with the recorded steps of a GPU, which choose the tokens themselves and are kept one ahead of the engine. Where a sequence of the batch asks
/// for what only the host can do (penalties, a logit bias, a constraint, log-probabilities), no step runs ahead: the whole step's logits come to the
/// host before the next is taken.
/// </summary>
/// <param name="ahead">The recorded steps.</param>
/// <param name="onHost">Chooses tokens on the host.</param>
internal sealed class RecordedDecodeExecutor(RunAheadDecoder ahead, IDecodeExecutor onHost) : IDecodeExecutor
{
    /// <inheritdoc/>
    public IReadOnlyList<SampledToken> Decode(IReadOnlyList<EngineSequence> batch)
    {
        bool onDevice = batch.Count <= ahead.MaxBatch && !batch.Any(sequence => sequence.NeedsHostSampling);
        if (!onDevice && !ahead.IsUnderWay)
        {
            return onHost.Decode(batch);
        }

        // The host chooses from what follows the tokens of the step under way: those first, and the batch at the next call.
        return [.. (onDevice ? ahead.Step(batch) : ahead.Collect()).Select(Result)];
    }

    /// <inheritdoc/>
    public void Dispose() => onHost.Dispose();

    private static SampledToken Result((IDecodedSequence Sequence, int Token) chosen)
    {
        var sequence = (EngineSequence)chosen.Sequence;
        return chosen.Token < 0
            ? new SampledToken(sequence, -1, null, [], Sampler.NotFinite())
            : new SampledToken(sequence, chosen.Token, null, []);
    }
}
