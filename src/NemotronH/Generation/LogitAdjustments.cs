using System.Runtime.InteropServices;

namespace NemotronH.Generation;

/// <summary>Moves single tokens' logits by what occurred so far: repetition, frequency and presence penalties, and a bias.</summary>
internal sealed class LogitAdjustments
{
    private readonly SamplingOptions _options;
    private readonly HashSet<int> _seen = [];
    private readonly Dictionary<int, int> _generated = [];

    public LogitAdjustments(SamplingOptions options, IEnumerable<int> promptIds)
    {
        _options = options;
        if (Repeats)
        {
            _seen.UnionWith(promptIds);
        }
    }

    /// <summary>Whether there is anything to do.</summary>
    public bool AreNeeded => Repeats || Counts || _options.LogitBias.Count > 0;

    private bool Repeats => _options.RepetitionPenalty != 1;

    private bool Counts => _options.FrequencyPenalty != 0 || _options.PresencePenalty != 0;

    /// <summary>Changes logits in place.</summary>
    public void Apply(Span<float> logits)
    {
        foreach (int id in _seen)
        {
            if (id < logits.Length)
            {
                logits[id] = (float)(logits[id] > 0 ? logits[id] / _options.RepetitionPenalty : logits[id] * _options.RepetitionPenalty);
            }
        }

        foreach ((int id, int count) in _generated)
        {
            logits[id] -= (float)((count * _options.FrequencyPenalty) + _options.PresencePenalty);
        }

        foreach ((int id, float bias) in _options.LogitBias)
        {
            if (id >= 0 && id < logits.Length)
            {
                logits[id] += bias;
            }
        }
    }

    /// <summary>Remembers a token that was chosen.</summary>
    public void Accept(int token)
    {
        if (Repeats)
        {
            _seen.Add(token);
        }

        if (Counts)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_generated, token, out _)++;
        }
    }
}
