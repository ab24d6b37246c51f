namespace NemotronH.Generation;

/// <summary>Chooses tokens for one sequence; its buffers are allocated once.</summary>
/// <remarks>
/// Filters apply in the order of HF transformers: penalties and bias, constraint, temperature, top-k, top-p, min-p.
/// </remarks>
internal sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly LogitAdjustments _adjustments;
    private float[] _logits = [];
    private (int Id, double Weight)[] _candidates = [];
    private SplitMix64 _random;

    public Sampler(SamplingOptions options, IEnumerable<int> promptIds)
    {
        options.Validate();
        _options = options;
        _adjustments = new LogitAdjustments(options, promptIds);
        Seed = (ulong)(options.Seed ?? Random.Shared.NextInt64());
        _random = new SplitMix64(Seed);
    }

    /// <summary>How tokens are chosen.</summary>
    public SamplingOptions Options => _options;

    /// <summary>Seed of the random numbers.</summary>
    public ulong Seed { get; }

    /// <summary>Random numbers drawn so far.</summary>
    public long Draws { get; private set; }

    /// <summary>Whether logits are changed before the choice: by penalties or a bias.</summary>
    public bool Adjusts => _adjustments.AreNeeded;

    /// <summary>What is wrong when logits are not numbers.</summary>
    public static NemotronHException NotFinite() => new("the model's logits are not finite; the weights may be damaged");

    /// <summary>Remembers a token that a device chose with this sampler's next random number.</summary>
    /// <param name="id">The token's id.</param>
    public void AcceptFromDevice(int id)
    {
        NextRandom();
        _adjustments.Accept(id);
    }

    /// <summary>Chooses the next token and remembers it.</summary>
    /// <param name="logits">[V].</param>
    /// <param name="constraint">Rules tokens out; not told of the choice.</param>
    /// <returns>The token's id; of equally likely ones under greedy choice the lowest.</returns>
    public int Next(ReadOnlySpan<float> logits, TokenConstraint? constraint = null)
    {
        if (!AllFinite(logits))
        {
            throw NotFinite();
        }

        int id = Choose(_adjustments.AreNeeded || constraint is not null ? Adjust(logits, constraint) : logits);
        _adjustments.Accept(id);
        return id;
    }

    private ReadOnlySpan<float> Adjust(ReadOnlySpan<float> logits, TokenConstraint? constraint)
    {
        Array.Resize(ref _logits, logits.Length);
        logits.CopyTo(_logits);
        _adjustments.Apply(_logits);
        constraint?.Apply(_logits);
        return _logits;
    }

    private int Choose(ReadOnlySpan<float> logits)
    {
        int best = IndexOfMax(logits);
        if (logits[best] == float.NegativeInfinity)
        {
            throw new NemotronHException("no token is left to choose: bias and constraint rule out all of them");
        }

        return _options.Temperature == 0 ? best : Draw(Filter(Candidates(logits, logits[best])));
    }

    /// <summary>Softmax weights (not normalised: the best token weighs 1) of the tokens that the filters could keep, best first if they need order.</summary>
    private Span<(int Id, double Weight)> Candidates(ReadOnlySpan<float> logits, double max)
    {
        if (_options.TopK > 0)
        {
            Span<(int Id, double Weight)> best = Weigh(Largest(logits, _options.TopK), max);
            return best[..NucleusLength(best, _options.TopP * Sum(best))];
        }

        Array.Resize(ref _candidates, logits.Length);
        for (int id = 0; id < logits.Length; id++)
        {
            _candidates[id] = (id, logits[id]);
        }

        Span<(int Id, double Weight)> all = Weigh(_candidates, max);
        return _options.TopP == 1 ? all : Nucleus(all);
    }

    /// <summary>The K largest logits, largest first, of equals the lowest id first.</summary>
    private Span<(int Id, double Weight)> Largest(ReadOnlySpan<float> logits, int count)
    {
        count = Math.Min(count, logits.Length);

        // Twice K places are filled, cut back to the K best, and filled again with what is better than the worst of those.
        Array.Resize(ref _candidates, 2 * count);
        float floor = float.NegativeInfinity;
        int held = 0;
        for (int id = 0; id < logits.Length; id++)
        {
            if (logits[id] > floor)
            {
                _candidates[held++] = (id, logits[id]);
                if (held == _candidates.Length)
                {
                    SortBestFirst(_candidates);
                    held = count;
                    floor = (float)_candidates[count - 1].Weight;
                }
            }
        }

        SortBestFirst(_candidates.AsSpan(0, held));
        return _candidates.AsSpan(0, Math.Min(count, held));
    }

    private Span<(int Id, double Weight)> Nucleus(Span<(int Id, double Weight)> all)
    {
        // Tokens this rare cannot reach into the nucleus even all together, so they need not be sorted.
        double total = Sum(all);
        double floor = (1 - _options.TopP) * total / all.Length;
        Span<(int Id, double Weight)> kept = all[..Keep(all, weight => weight >= floor)];
        SortBestFirst(kept);
        return kept[..NucleusLength(kept, _options.TopP * total)];
    }

    private Span<(int Id, double Weight)> Weigh(Span<(int Id, double Weight)> logits, double max)
    {
        foreach (ref (int Id, double Weight) candidate in logits)
        {
            candidate.Weight = Math.Exp((candidate.Weight - max) / _options.Temperature);
        }

        return logits;
    }

    private Span<(int Id, double Weight)> Filter(Span<(int Id, double Weight)> candidates) =>
        _options.MinP == 0 ? candidates : candidates[..Keep(candidates, weight => weight >= _options.MinP)];

    private int Draw(ReadOnlySpan<(int Id, double Weight)> candidates)
    {
        double left = NextRandom() * Sum(candidates);
        int last = candidates[0].Id;
        foreach ((int id, double weight) in candidates)
        {
            left -= weight;
            last = weight > 0 ? id : last;
            if (left < 0)
            {
                return id;
            }
        }

        return last;
    }

    private static void SortBestFirst(Span<(int Id, double Weight)> candidates) =>
        candidates.Sort(static (a, b) => a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight) : a.Id.CompareTo(b.Id));

    private static int NucleusLength(ReadOnlySpan<(int Id, double Weight)> sorted, double nucleus)
    {
        double sum = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            sum += sorted[i].Weight;
            if (sum >= nucleus)
            {
                return i + 1;
            }
        }

        return sorted.Length;
    }

    private static int Keep(Span<(int Id, double Weight)> candidates, Func<double, bool> keep)
    {
        int kept = 0;
        foreach ((int Id, double Weight) candidate in candidates)
        {
            if (keep(candidate.Weight))
            {
                candidates[kept++] = candidate;
            }
        }

        return kept;
    }

    private static double Sum(ReadOnlySpan<(int Id, double Weight)> candidates)
    {
        double sum = 0;
        foreach ((int Id, double Weight) candidate in candidates)
        {
            sum += candidate.Weight;
        }

        return sum;
    }

    private static bool AllFinite(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                return false;
            }
        }

        return true;
    }

    private static int IndexOfMax(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
            {
                best = i;
            }
        }

        return best;
    }

    private double NextRandom()
    {
        Draws++;
        return _random.NextDouble();
    }
}
