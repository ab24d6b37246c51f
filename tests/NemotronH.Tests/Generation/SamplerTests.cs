using NemotronH.Generation;

namespace NemotronH.Tests.Generation;

public sealed class SamplerTests
{
    private static readonly float[] Logits = [0.5f, 2.0f, -1.0f, 1.5f, 2.0f, 0.0f];

    [Fact]
    public void Greedy_takes_the_first_of_the_largest() => Assert.Equal(1, new Sampler(SamplingOptions.Greedy, []).Next(Logits));

    [Fact]
    public void The_same_seed_draws_the_same_tokens_and_another_seed_others()
    {
        var options = new SamplingOptions { Temperature = 1, Seed = 42 };

        Assert.Equal(Draw(options, 50), Draw(options, 50));
        Assert.NotEqual(Draw(options, 50), Draw(options with { Seed = 43 }, 50));
    }

    [Theory]
    [InlineData(1.0, 0, 1.0, 0.0)]
    [InlineData(0.7, 3, 1.0, 0.0)]
    [InlineData(1.3, 0, 0.6, 0.0)]
    [InlineData(1.0, 0, 1.0, 0.5)]
    [InlineData(0.9, 5, 0.8, 0.3)]
    public void Frequencies_equal_the_filtered_softmax(double temperature, int topK, double topP, double minP)
    {
        const int Draws = 40_000;
        double[] expected = Distribution(temperature, topK, topP, minP);

        int[] counts = new int[Logits.Length];
        foreach (int id in Draw(new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, Seed = 7 }, Draws))
        {
            counts[id]++;
        }

        for (int id = 0; id < Logits.Length; id++)
        {
            double deviation = 4 * Math.Sqrt(Draws * expected[id] * (1 - expected[id]));
            Assert.InRange(counts[id], (Draws * expected[id]) - deviation, (Draws * expected[id]) + deviation);
        }
    }

    [Fact]
    public void Repetition_penalty_moves_seen_tokens_away_whatever_their_sign()
    {
        var sampler = new Sampler(new SamplingOptions { RepetitionPenalty = 4 }, [1]);

        Assert.Equal(4, sampler.Next(Logits));
        Assert.Equal(3, sampler.Next(Logits));
        Assert.Equal(0, new Sampler(new SamplingOptions { RepetitionPenalty = 2 }, [1]).Next([-1.0f, -0.9f]));
    }

    [Theory]
    [InlineData("temperature is -1; expected 0 or more", -1.0, 0, 1.0, 0.0, 1.0)]
    [InlineData("top-k is -2; expected 0 or more", 1.0, -2, 1.0, 0.0, 1.0)]
    [InlineData("top-p is 0; expected more than 0 and at most 1", 1.0, 0, 0.0, 0.0, 1.0)]
    [InlineData("top-p is 1.5; expected more than 0 and at most 1", 1.0, 0, 1.5, 0.0, 1.0)]
    [InlineData("min-p is 2; expected from 0 to 1", 1.0, 0, 1.0, 2.0, 1.0)]
    [InlineData("repetition penalty is 0; expected more than 0", 1.0, 0, 1.0, 0.0, 0.0)]
    [InlineData("temperature is NaN; expected 0 or more", double.NaN, 0, 1.0, 0.0, 1.0)]
    public void Values_out_of_range_are_named(string message, double temperature, int topK, double topP, double minP, double penalty)
    {
        var options = new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, RepetitionPenalty = penalty };

        Assert.Equal(message, Assert.Throws<RequestException>(() => new Sampler(options, [])).Message);
    }

    [Fact]
    public void Frequency_and_presence_penalties_count_what_was_generated_and_not_the_prompt()
    {
        var frequency = new Sampler(new SamplingOptions { FrequencyPenalty = 0.3 }, [1, 1, 1]);
        var presence = new Sampler(new SamplingOptions { PresencePenalty = 1.2 }, [1, 1, 1]);

        // 1 and 4 stand at 2, 3 at 1.5: each time one is taken it sinks by 0.3, or once by 1.2.
        Assert.Equal([1, 4, 1, 4, 3, 1, 4], Enumerable.Range(0, 7).Select(_ => frequency.Next(Logits)));
        Assert.Equal([1, 4, 3, 1], Enumerable.Range(0, 4).Select(_ => presence.Next(Logits)));
    }

    [Fact]
    public void A_bias_moves_a_token_and_may_rule_it_out()
    {
        var bias = new Dictionary<int, float> { [1] = float.NegativeInfinity, [2] = 3.5f, [99] = 100 };

        Assert.Equal(2, new Sampler(new SamplingOptions { LogitBias = bias }, []).Next(Logits));
        Assert.DoesNotContain(1, Draw(new SamplingOptions { LogitBias = bias, Temperature = 5, Seed = 1 }, 500));
        Assert.Equal(
            "logit bias of token 7 is NaN; expected a number",
            Assert.Throws<RequestException>(() => new Sampler(new SamplingOptions { LogitBias = new Dictionary<int, float> { [7] = float.NaN } }, [])).Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(300)]
    public void Top_k_of_many_tokens_keeps_those_that_a_full_sort_keeps(int topK)
    {
        // Few different values, so that the K-th has equals; of those the lowest ids stay.
        var random = new Random(topK);
        float[] logits = [.. Enumerable.Range(0, 500).Select(_ => random.Next(12) / 4f)];
        int[] kept = [.. Enumerable.Range(0, 500).OrderByDescending(id => logits[id]).ThenBy(id => id).Take(topK)];
        var sampler = new Sampler(new SamplingOptions { Temperature = 50, TopK = topK, Seed = 3 }, []);

        HashSet<int> drawn = [.. Enumerable.Range(0, 6000).Select(_ => sampler.Next(logits))];

        Assert.Equal(kept.Order(), drawn.Order());
    }

    private static int[] Draw(SamplingOptions options, int count)
    {
        var sampler = new Sampler(options, []);
        return [.. Enumerable.Range(0, count).Select(_ => sampler.Next(Logits))];
    }

    /// <summary>The filters as HF transformers defines them, on a full sort.</summary>
    private static double[] Distribution(double temperature, int topK, double topP, double minP)
    {
        double[] p = Softmax([.. Logits.Select(logit => logit / temperature)]);
        int[] order = [.. Enumerable.Range(0, p.Length).OrderByDescending(id => p[id]).ThenBy(id => id)];
        if (topK > 0)
        {
            p = Renormalize(p, order.Take(topK));
        }

        double sum = 0;
        p = Renormalize(p, [.. order.TakeWhile(id =>
        {
            bool needed = sum < topP;
            sum += p[id];
            return needed;
        })]);
        return Renormalize(p, [.. order.Where(id => p[id] >= minP * p.Max())]);
    }

    private static double[] Softmax(double[] logits) => Renormalize([.. logits.Select(Math.Exp)], Enumerable.Range(0, logits.Length));

    private static double[] Renormalize(double[] p, IEnumerable<int> kept)
    {
        HashSet<int> ids = [.. kept];
        double sum = ids.Sum(id => p[id]);
        return [.. p.Select((value, id) => ids.Contains(id) ? value / sum : 0)];
    }
}
