using NemotronH.Caching;
using NemotronH.Configuration;
using static TorchSharp.torch;

namespace NemotronH.Tests.Caching;

public sealed class ModelCacheTests
{
    private static readonly NemotronHConfig Config = new()
    {
        VocabSize = 8,
        HiddenSize = 8,
        Layers = [LayerKind.Mamba, LayerKind.Attention, LayerKind.Mamba],
        LayerNormEpsilon = 1e-5,
        MaxPositionEmbeddings = 32,
        Attention = new AttentionConfig { NumHeads = 2, NumKeyValueHeads = 1, HeadDim = 3 },
        Mamba = new MambaConfig { NumHeads = 2, HeadDim = 2, StateSize = 4, NumGroups = 1, ConvKernel = 4, ChunkSize = 8, UseConvBias = true },
    };

    [Fact]
    public void A_reused_slot_starts_from_zero_states_whatever_it_held()
    {
        using ModelCache cache = Create();
        CachedSequence first = cache.Add();
        for (int layer = 0; layer < 2; layer++)
        {
            cache.Mamba(layer).Conv.fill_(float.NaN);
            cache.Mamba(layer).Ssm.fill_(float.NaN);
        }

        cache.Remove(first);
        CachedSequence second = cache.Add();

        Assert.Equal(first.Slot, second.Slot);
        for (int layer = 0; layer < 2; layer++)
        {
            Assert.All(Values(cache.Mamba(layer).Conv[second.Slot]), value => Assert.Equal(0f, value));
            Assert.All(Values(cache.Mamba(layer).Ssm[second.Slot]), value => Assert.Equal(0f, value));
        }
    }

    [Fact]
    public void Keys_of_sequences_that_grow_in_turn_come_back_in_order()
    {
        using ModelCache cache = Create();
        CachedSequence[] sequences = [cache.Add(), cache.Add(), cache.Add()];
        var written = sequences.ToDictionary(sequence => sequence, _ => new List<float>());
        var random = new Random(1);
        for (int round = 0; round < 12; round++)
        {
            CachedSequence sequence = sequences[random.Next(3)];
            int count = Math.Min(random.Next(1, 6), 32 - sequence.Length);
            if (count == 0)
            {
                continue;
            }

            using Tensor keys = randn([count, 1, 3]);
            using Tensor values = -keys;
            cache.Reserve(sequence, count);
            using Tensor rows = tensor(PageTable.Rows(sequence.Pages, 4, sequence.Length, count));
            cache.KeyValues(0).Append(rows, keys, values, KeyValueScales.One);
            sequence.Length += count;
            written[sequence].AddRange(Values(keys));

            foreach (CachedSequence other in sequences.Where(other => other.Length > 0))
            {
                (Tensor k, Tensor v) = cache.KeyValues(0).Read(other, other.Length, ScalarType.Float32, KeyValueScales.One);
                Assert.Equal(written[other], Values(k));
                Assert.Equal(written[other].Select(value => -value), Values(v));
            }
        }
    }

    [Fact]
    public void Removing_a_sequence_returns_its_slot_and_pages()
    {
        using ModelCache cache = Create();
        int pages = cache.FreePages;
        CachedSequence sequence = cache.Add();
        cache.Reserve(sequence, 9);

        Assert.Equal((2, pages - 3), (cache.FreeSlots, cache.FreePages));
        cache.Remove(sequence);
        Assert.Equal((3, pages), (cache.FreeSlots, cache.FreePages));
    }

    [Fact]
    public void Adding_and_removing_sequences_makes_no_tensors()
    {
        using ModelCache cache = Create();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;

        cache.Remove(cache.Add());

        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Too_many_sequences_and_too_long_ones_are_refused()
    {
        using ModelCache cache = Create();
        CachedSequence sequence = cache.Add();
        cache.Add();
        cache.Add();

        Assert.Equal("All 3 sequence slots are taken.", Assert.Throws<InvalidOperationException>(() => cache.Add()).Message);
        Assert.Equal(
            "A sequence of 33 tokens is longer than the context of 32.",
            Assert.Throws<InvalidOperationException>(() => cache.Reserve(sequence, 33)).Message);
    }

    private static ModelCache Create() => new(Config, new CacheOptions { MaxSequences = 3, MaxContext = 32, PageSize = 4 });

    private static float[] Values(Tensor tensor) => tensor.contiguous().data<float>().ToArray();
}
