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
    public void A_sequence_that_goes_on_from_another_leaves_its_keys_alone()
    {
        using ModelCache cache = Create();
        CachedSequence first = cache.Add();
        float[] original = Append(cache, first, 10);
        int[] pages = cache.SharePages(first, 6);
        CachedSequence second = cache.Add();
        cache.Adopt(second, pages, 6);
        float[] behind = Append(cache, second, 9);
        cache.Remove(first);

        // One full page is shared; the half one was copied, so that 4 tokens of the first sequence stay where they are.
        Assert.Equal([.. original[..(6 * 3)], .. behind], Keys(cache, second));
        Assert.Equal(pages[0], second.Pages[0]);
        Assert.NotEqual(pages[1], second.Pages[1]);
        CachedSequence third = cache.Add();
        cache.Adopt(third, pages, 6);
        Assert.Equal(original[..(6 * 3)], Keys(cache, third));

        cache.Remove(second);
        cache.Remove(third);
        Assert.Equal(cache.Options.Pages - 2, cache.FreePages);
        cache.ReturnPages(pages);
        Assert.Equal(cache.Options.Pages, cache.FreePages);
    }

    [Fact]
    public void A_page_is_zero_when_it_is_taken_whatever_it_held()
    {
        using ModelCache cache = Create();
        CachedSequence first = cache.Add();
        cache.Reserve(first, 4);
        using Tensor rows = tensor(PageTable.Rows(first.Pages, 4, 0, 4));
        using Tensor damaged = full([4, 1, 3], float.NaN);
        cache.KeyValues(0).Append(rows, damaged, damaged, KeyValueScales.One);
        cache.Remove(first);
        CachedSequence second = cache.Add();
        cache.Reserve(second, 1);

        using Tensor pages = tensor(new long[] { second.Pages[0] });
        (Tensor keys, Tensor values) = cache.KeyValues(0).ReadPages(pages, 1, ScalarType.Float32, KeyValueScales.One);

        Assert.Equal(first.Slot, second.Slot);
        Assert.All(Values(keys).Concat(Values(values)), value => Assert.Equal(0f, value));
    }

    [Fact]
    public void A_snapshot_brings_states_back_in_any_slot()
    {
        using ModelCache cache = Create();
        using var snapshots = new StateSnapshots(cache, 2);
        CachedSequence first = cache.Add(), second = cache.Add();
        cache.Mamba(1).Ssm.normal_();
        cache.Mamba(1).Conv.normal_();
        (float[] ssm, float[] conv) = (Values(cache.Mamba(1).Ssm[first.Slot]), Values(cache.Mamba(1).Conv[first.Slot]));
        int snapshot = snapshots.Save(first.Slot);
        cache.Mamba(1).Ssm.zero_();
        cache.Mamba(1).Conv.zero_();

        snapshots.Restore(snapshot, second.Slot);

        Assert.Equal(ssm, Values(cache.Mamba(1).Ssm[second.Slot]));
        Assert.Equal(conv, Values(cache.Mamba(1).Conv[second.Slot]));
        Assert.All(Values(cache.Mamba(1).Ssm[first.Slot]), value => Assert.Equal(0f, value));
        Assert.Equal(1, snapshots.Free);
        Assert.Equal(2 * 4 * ((2 * 2 * 4) + (3 * 12)), StateSnapshots.Size(cache));
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

    private static float[] Append(ModelCache cache, CachedSequence sequence, int count)
    {
        using Tensor keys = randn([count, 1, 3]);
        cache.Reserve(sequence, count);
        using Tensor rows = tensor(PageTable.Rows(sequence.Pages, 4, sequence.Length, count));
        cache.KeyValues(0).Append(rows, keys, keys, KeyValueScales.One);
        sequence.Length += count;
        return Values(keys);
    }

    private static float[] Keys(ModelCache cache, CachedSequence sequence) =>
        Values(cache.KeyValues(0).Read(sequence, sequence.Length, ScalarType.Float32, KeyValueScales.One).Keys);

    private static ModelCache Create() => new(Config, new CacheOptions { MaxSequences = 3, MaxContext = 32, PageSize = 4 });

    private static float[] Values(Tensor tensor) => tensor.contiguous().data<float>().ToArray();
}
