using NemotronH.Generation.Recorded;

namespace NemotronH.Generation;

/// <summary>
/// Decodes with the recorded steps of a GPU, which choose the tokens themselves. Where a sequence of the batch asks for what only the host can do
/// (penalties, a logit bias, a constraint, log-probabilities), the whole step's logits come to the host.
/// </summary>
/// <param name="decoder">The recorded steps.</param>
/// <param name="onHost">Chooses tokens on the host.</param>
internal sealed class RecordedDecodeExecutor(RecordedDecoder decoder, IDecodeExecutor onHost) : IDecodeExecutor
{
    private EngineSequence[] _rows = [];
    private int[] _lengths = [];

    /// <inheritdoc/>
    public bool RunsAhead => false;

    /// <inheritdoc/>
    public IReadOnlyList<SampledToken> Decode(IReadOnlyList<EngineSequence> batch)
    {
        if (batch.Count > decoder.MaxBatch || batch.Any(sequence => sequence.NeedsHostSampling))
        {
            _rows = [];
            return onHost.Decode(batch);
        }

        if (!IsOnDevice(batch))
        {
            _rows = [.. batch];
            decoder.Write(DecodeBuckets.Of(batch.Count), [.. batch.Select(RowOf)]);
        }

        int[] tokens = decoder.Step([.. batch.Select(sequence => sequence.Cached)]);
        _lengths = [.. batch.Select(sequence => sequence.Cached.Length)];
        return [.. batch.Select((sequence, i) => Accept(sequence, tokens[i]))];
    }

    /// <inheritdoc/>
    public void Dispose() => onHost.Dispose();

    /// <summary>Whether the device's rows are this batch, each at the token that the last step chose.</summary>
    private bool IsOnDevice(IReadOnlyList<EngineSequence> batch) =>
        batch.SequenceEqual(_rows) && batch.Select(sequence => sequence.Cached.Length).SequenceEqual(_lengths);

    private static DecodeRow RowOf(EngineSequence sequence) => new(sequence.Cached, sequence.LastToken)
    {
        Sampling = sequence.Sampler.Options,
        Seed = sequence.Sampler.Seed,
        Draws = sequence.Sampler.Draws,
    };

    private static SampledToken Accept(EngineSequence sequence, int token)
    {
        if (token < 0)
        {
            return new SampledToken(sequence, -1, null, [], Sampler.NotFinite());
        }

        sequence.Sampler.AcceptFromDevice(token);
        return new SampledToken(sequence, token, null, []);
    }
}
