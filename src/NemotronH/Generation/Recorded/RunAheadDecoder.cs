namespace NemotronH.Generation.Recorded;

/// <summary>
/// Keeps a device one step ahead of its host: the next step is queued before the tokens of the one under way are read, so that the device works while the
/// host deals with tokens.
/// </summary>
/// <remarks>
/// End tokens and length limits are the device's to heed: a row that ends leaves its sequence's caches as they are. What only the host can tell, such as a
/// stop string, costs one step in vain. Where sequences join or leave, the rows are written anew behind the step under way. Belongs to one thread.
/// </remarks>
/// <param name="steps">The device's steps.</param>
internal sealed class RunAheadDecoder(IDecodeSteps steps)
{
    private IDecodedSequence[] _rows = [];
    private long _written = -1;
    private StepUnderWay? _underWay;

    /// <summary>Sequences of the largest step.</summary>
    public int MaxBatch => steps.MaxBatch;

    /// <summary>Whether a step's tokens are still to be read.</summary>
    public bool IsUnderWay => _underWay is not null;

    /// <summary>Queues a step of some sequences, and reads the tokens of the one that was under way.</summary>
    /// <param name="batch">Sequences whose prompts are computed; a page can be had for one more token of each.</param>
    /// <returns>The sequences of the step before that are still wanted, and their tokens; −1 where the logits were not finite.</returns>
    public IReadOnlyList<(IDecodedSequence Sequence, int Token)> Step(IReadOnlyList<IDecodedSequence> batch)
    {
        try
        {
            if (_underWay is { } before && _written == steps.Writes && batch.SequenceEqual(_rows) && batch.Any(GoesOn))
            {
                _underWay = Queue();
                return Read(before, _underWay);
            }

            IReadOnlyList<(IDecodedSequence Sequence, int Token)> late = Collect();
            Restart(batch, late.ToDictionary(result => result.Sequence, result => result.Token));
            return late;
        }
        catch
        {
            Forget();
            throw;
        }
    }

    /// <summary>Reads the tokens of the step under way and queues none.</summary>
    /// <returns>As <see cref="Step"/>.</returns>
    public IReadOnlyList<(IDecodedSequence Sequence, int Token)> Collect()
    {
        StepUnderWay? last = _underWay;
        Forget();
        return last is null ? [] : Read(last, next: null);
    }

    /// <summary>Writes the rows of sequences that go on, and queues their step.</summary>
    private void Restart(IReadOnlyList<IDecodedSequence> batch, Dictionary<IDecodedSequence, int> late)
    {
        _rows = [.. batch.Where(sequence => !late.TryGetValue(sequence, out int token) || (token >= 0 && !sequence.EndTokens.Contains(token) && GoesOn(sequence)))];
        if (_rows.Length > 0)
        {
            steps.Write([.. _rows.Select(sequence => RowOf(sequence, late.GetValueOrDefault(sequence, sequence.LastToken)))]);
            _written = steps.Writes;
            _underWay = Queue();
        }
    }

    private StepUnderWay Queue()
    {
        HashSet<IDecodedSequence> advancing = [.. _rows.Where(GoesOn)];
        return new StepUnderWay(steps.Queue([.. advancing.Select(sequence => sequence.Cached)]), _rows, advancing);
    }

    private List<(IDecodedSequence Sequence, int Token)> Read(StepUnderWay step, StepUnderWay? next)
    {
        int[] tokens = steps.Read(step.Number);
        var results = new List<(IDecodedSequence, int)>();
        foreach ((IDecodedSequence sequence, int token) in step.Rows.Zip(tokens).Where(row => row.First.IsRunning))
        {
            results.Add((sequence, token));
            if (token >= 0)
            {
                sequence.Sampler.AcceptFromDevice(token);
            }

            // The row has ended, which the next step was queued without knowing.
            if (next is not null && (token < 0 || EndsOnDevice(sequence, token)) && next.Advancing.Contains(sequence))
            {
                sequence.Cached.Length--;
            }
        }

        return results;
    }

    private void Forget()
    {
        _underWay = null;
        _rows = [];
    }

    /// <summary>Whether a sequence may have a token behind the one that its next step computes from.</summary>
    private static bool GoesOn(IDecodedSequence sequence) => sequence.Cached.Length + 1 < sequence.LengthLimit;

    private static bool EndsOnDevice(IDecodedSequence sequence, int token) => sequence.EndTokens.Take(DecodeRow.MaxEndTokens).Contains(token);

    private static DecodeRow RowOf(IDecodedSequence sequence, int token) => new(sequence.Cached, token)
    {
        Sampling = sequence.Sampler.Options,
        Seed = sequence.Sampler.Seed,
        Draws = sequence.Sampler.Draws,
        EndTokens = sequence.EndTokens,
        Limit = sequence.LengthLimit,
    };

    private sealed record StepUnderWay(long Number, IDecodedSequence[] Rows, HashSet<IDecodedSequence> Advancing);
}
