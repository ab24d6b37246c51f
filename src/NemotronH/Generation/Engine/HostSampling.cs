using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace NemotronH.Generation;

/// <summary>Chooses tokens on the host, each sequence by its own sampler.</summary>
internal static class HostSampling
{
    /// <summary>Chooses a token for each row of logits.</summary>
    /// <param name="logits">[N, V] float32.</param>
    /// <param name="sequences">N sequences.</param>
    /// <returns>The tokens in order.</returns>
    public static IReadOnlyList<SampledToken> Choose(Tensor logits, IReadOnlyList<EngineSequence> sequences)
    {
        using Tensor onHost = logits.cpu();
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(onHost.bytes);
        int vocabulary = values.Length / sequences.Count;
        var chosen = new SampledToken[sequences.Count];
        for (int i = 0; i < chosen.Length; i++)
        {
            chosen[i] = Choose(values.Slice(i * vocabulary, vocabulary), sequences[i]);
        }

        return chosen;
    }

    private static SampledToken Choose(ReadOnlySpan<float> logits, EngineSequence sequence)
    {
        try
        {
            int id = sequence.Sampler.Next(logits, sequence.Request.Constraint);
            if (sequence.Request.TopLogProbs < 0)
            {
                return new SampledToken(sequence, id, null, []);
            }

            double normalizer = LogProbabilities.LogSumExp(logits);
            return new SampledToken(sequence, id, (float)(logits[id] - normalizer), LogProbabilities.Top(logits, normalizer, sequence.Request.TopLogProbs));
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Damaged logits, or a constraint that fails: that is this request's misfortune alone.
            return new SampledToken(sequence, -1, null, [], failure);
        }
    }
}
