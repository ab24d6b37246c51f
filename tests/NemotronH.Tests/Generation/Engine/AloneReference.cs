using System.Collections.Concurrent;
using NemotronH.Caching;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation.Engine;

/// <summary>What the tiny model gives for a prompt that runs alone, from the start, without an engine.</summary>
public sealed class AloneReference : IDisposable
{
    /// <summary>Where the two best logits are closer than this, rounding may choose either.</summary>
    public const double NearTie = 1e-4;

    private readonly LanguageModel _model = LanguageModel.Load(Fixtures.TinyModel, new ModelOptions { Device = CPU, Dtype = ScalarType.Float32 });
    private readonly ConcurrentDictionary<string, (int Id, float Margin)[]> _known = [];

    public int Vocabulary => _model.Config.VocabSize;

    public LanguageModel Model => _model;

    public static ModelOptions Options => new() { Device = CPU, Dtype = ScalarType.Float32, MaxContext = 1024 };

    public static LanguageModel Load(ModelOptions options) => LanguageModel.Load(Fixtures.TinyModel, options);

    public int[] RandomIds(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(Vocabulary))];

    /// <summary>Greedy ids, each with the distance of the best two logits.</summary>
    public (int Id, float Margin)[] Greedy(IReadOnlyList<int> prompt, int count) => _known.GetOrAdd($"{count}:{string.Join(',', prompt)}", _ =>
    {
        CachedSequence sequence = _model.Runner.Cache.Add();
        try
        {
            var ids = new List<(int, float)>();
            Tensor logits = _model.Runner.Prefill(sequence, prompt.ToArray());
            while (true)
            {
                using (logits)
                {
                    float[] best = [.. logits.data<float>().ToArray().OrderDescending().Take(2)];
                    ids.Add(((int)logits.argmax(-1).item<long>(), best[0] - best[1]));
                }

                if (ids.Count == count)
                {
                    return [.. ids];
                }

                logits = _model.Runner.Decode([(sequence, ids[^1].Item1)]);
            }
        }
        finally
        {
            _model.Runner.Cache.Remove(sequence);
        }
    });

    /// <summary>Requires the ids that the prompt gives alone, up to a near-tie if there is one.</summary>
    /// <returns>How many near-ties went the other way: 0 or 1.</returns>
    public int AssertSame(IReadOnlyList<int> prompt, IReadOnlyList<int> actual)
    {
        (int Id, float Margin)[] expected = Greedy(prompt, actual.Count);
        for (int i = 0; i < actual.Count; i++)
        {
            if (expected[i].Id != actual[i])
            {
                Assert.True(expected[i].Margin < NearTie, $"token {i} of a prompt of {prompt.Count} is {actual[i]}, alone {expected[i].Id} with a margin of {expected[i].Margin}");
                return 1;
            }
        }

        return 0;
    }

    public void Dispose() => _model.Dispose();
}
