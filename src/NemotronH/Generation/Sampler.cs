namespace NemotronH.Generation;

/// <summary>Chooses tokens for one sequence; its buffers are allocated once.</summary>
/// <remarks>Filters apply in the order of HF transformers: repetition penalty, temperature, top-k, top-p, min-p.</remarks>
internal sealed class Sampler
{
    private readonly SamplingOptions _options;
    private readonly HashSet<int> _seen = [];
    private float[] _logits = [];
    private (int Id, double Weight)[] _candidates = [];
    private SplitMix64 _random;

    public Sampler(SamplingOptions options, IEnumerable<int> promptIds)
    {
        options.Validate();
        _options = options;
        _random = new SplitMix64((ulong)(options.Seed ?? Random.Shared.NextInt64()));
        if (options.RepetitionPenalty != 1)
        {
            _seen.UnionWith(promptIds);
        }
    }

    /// <summary>Chooses the next token and remembers it.</summary>
    /// <param name="logits">[V].</param>
    /// <returns>The token's id; of equally likely ones under greedy choice the lowest.</returns>
    public int Next(ReadOnlySpan<float> logits)
    {
        if (!AllFinite(logits))
        {
            throw new NemotronHException("the model's logits are not finite; the weights may be damaged");
        }

        int id = Choose(_options.RepetitionPenalty == 1 ? logits : Penalize(logits));
        if (_options.RepetitionPenalty != 1)
        {
            _seen.Add(id);
        }

        return id;
    }

    private int Choose(ReadOnlySpan<float> logits) =>
        _options.Temperature == 0 ? IndexOfMax(logits) : Draw(Filter(Candidates(logits)));

    private ReadOnlySpan<float> Penalize(ReadOnlySpan<float> logits)
    {
        Array.Resize(ref _logits, logits.Length);
        logits.CopyTo(_logits);
        foreach (int id in _seen.Where(id => id < _logits.Length))
        {
            float logit = _logits[id];
            _logits[id] = (float)(logit > 0 ? logit / _options.RepetitionPenalty : logit * _options.RepetitionPenalty);
        }

        return _logits;
    }

    /// <summary>Softmax weights (not normalised: the best token weighs 1) of the tokens that the filters could keep, best first if they need order.</summary>
    private Span<(int Id, double Weight)> Candidates(ReadOnlySpan<float> logits)
    {
        Array.Resize(ref _candidates, logits.Length);
        double max = logits[IndexOfMax(logits)];
        double total = 0;
        for (int id = 0; id < logits.Length; id++)
        {
            double weight = Math.Exp((logits[id] - max) / _options.Temperature);
            _candidates[id] = (id, weight);
            total += weight;
        }

        if (_options.TopK == 0 && _options.TopP == 1)
        {
            return _candidates;
        }

        // Tokens this rare cannot reach into the nucleus even all together, so they need not be sorted.
        double floor = _options.TopK > 0 ? 0 : (1 - _options.TopP) * total / logits.Length;
        int kept = Keep(_candidates, weight => weight >= floor);
        Span<(int Id, double Weight)> candidates = _candidates.AsSpan(0, kept);
        candidates.Sort(static (a, b) => a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight) : a.Id.CompareTo(b.Id));
        int topK = _options.TopK > 0 ? Math.Min(_options.TopK, kept) : kept;
        double nucleus = _options.TopP * (_options.TopK > 0 ? Sum(candidates[..topK]) : total);
        return candidates[..NucleusLength(candidates[..topK], nucleus)];
    }

    private Span<(int Id, double Weight)> Filter(Span<(int Id, double Weight)> candidates) =>
        _options.MinP == 0 ? candidates : candidates[..Keep(candidates, weight => weight >= _options.MinP)];

    private int Draw(ReadOnlySpan<(int Id, double Weight)> candidates)
    {
        double left = _random.NextDouble() * Sum(candidates);
        foreach ((int id, double weight) in candidates)
        {
            left -= weight;
            if (left < 0)
            {
                return id;
            }
        }

        return candidates[^1].Id;
    }

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
}
