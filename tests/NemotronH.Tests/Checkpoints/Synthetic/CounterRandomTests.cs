using NemotronH.Checkpoints.Synthetic;

namespace NemotronH.Tests.Checkpoints.Synthetic;

public sealed class CounterRandomTests
{
    /// <summary>The published test vector of SplitMix64 for the seed 1234567.</summary>
    [Fact]
    public void The_stream_is_that_of_SplitMix64()
    {
        var random = new CounterRandom(1234567);
        Assert.Equal(
            [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821],
            Enumerable.Range(0, 5).Select(n => random[n]));
    }

    [Fact]
    public void Every_seed_and_name_has_its_own_stream()
    {
        (ulong Seed, string Name)[] streams = [(0, "a"), (1, "a"), (0, "b"), (ulong.MaxValue, "")];
        ulong[] first = [.. streams.Select(stream => CounterRandom.For(stream.Seed, stream.Name)[0])];
        Assert.Equal(4, first.Distinct().Count());
        Assert.Equal(first, streams.Select(stream => CounterRandom.For(stream.Seed, stream.Name)[0]));
    }
}
