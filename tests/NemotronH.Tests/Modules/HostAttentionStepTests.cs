using NemotronH.Caching;
using NemotronH.Configuration;
using NemotronH.Kernels.Interop;
using NemotronH.Modules;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>Attention out of the cache's pages against torch's attention over the keys and values side by side.</summary>
public sealed class HostAttentionStepTests : IDisposable
{
    private const int PageSize = 8;
    private static readonly int[] Lengths = [1, 40, 7, 8, 9, 33];
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public HostAttentionStepTests() => manual_seed(17);

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(1, 1, 16)]
    [InlineData(2, 4, 32)]
    [InlineData(3, 3, 80)]
    [InlineData(2, 32, 64)]
    [InlineData(4, 8, 7)]
    [InlineData(1, 5, 100)]
    public void Each_sequence_attends_to_its_own_tokens(int keyHeads, int heads, int headDim)
    {
        using var cache = new ModelCache(Config(keyHeads, heads, headDim), new CacheOptions { MaxSequences = Lengths.Length, MaxContext = 64, PageSize = PageSize });
        CachedSequence[] sequences = [.. Lengths.Select(_ => cache.Add())];
        (Tensor Keys, Tensor Values)[] held = [.. Lengths.Select(length => (randn(length, keyHeads, headDim), randn(length, keyHeads, headDim)))];
        Fill(cache, sequences, held);
        Tensor queries = randn([Lengths.Length, heads, headDim]);

        Tensor actual = HostAttentionStep.Run(queries, sequences, cache.KeyValues(0));

        for (int i = 0; i < sequences.Length; i++)
        {
            Tensor expected = Expected(queries[i], held[i].Keys, held[i].Values);
            Assert.True(allclose(expected, actual[i], 1e-4, 1e-5), $"sequence of {Lengths[i]} tokens");
        }
    }

    [Fact]
    public void Many_long_sequences_which_are_divided_among_threads_give_the_same()
    {
        const int Heads = 4, HeadDim = 64, Length = 3000, Count = 3;
        using var cache = new ModelCache(Config(Heads, Heads, HeadDim), new CacheOptions { MaxSequences = Count, MaxContext = Length });
        CachedSequence[] sequences = [.. Enumerable.Range(0, Count).Select(_ => cache.Add())];
        (Tensor Keys, Tensor Values)[] held = [.. sequences.Select(_ => (randn(Length, Heads, HeadDim), randn(Length, Heads, HeadDim)))];
        Fill(cache, sequences, held);
        Tensor queries = randn([Count, Heads, HeadDim]);

        Tensor actual = HostAttentionStep.Run(queries, sequences, cache.KeyValues(0));

        foreach (int i in Enumerable.Range(0, Count))
        {
            Assert.True(allclose(Expected(queries[i], held[i].Keys, held[i].Values), actual[i], 1e-4, 1e-5));
        }
    }

    [Fact]
    public void Scores_far_apart_do_not_overflow()
    {
        using var cache = new ModelCache(Config(1, 1, 16), new CacheOptions { MaxSequences = 1, MaxContext = 64, PageSize = PageSize });
        CachedSequence[] sequences = [cache.Add()];
        Tensor keys = zeros(20, 1, 16), values = randn(20, 1, 16);
        keys[11].fill_(1000);
        Fill(cache, sequences, [(keys, values)]);

        Tensor actual = HostAttentionStep.Run(ones([1, 1, 16]), sequences, cache.KeyValues(0));

        Assert.True(allclose(values[11].flatten(), actual[0], 1e-6, 1e-6));
    }

    [Theory]
    [InlineData(ScalarType.Float32, ScalarType.Float32, true)]
    [InlineData(ScalarType.BFloat16, ScalarType.BFloat16, false)]
    [InlineData(AtenInterop.Float8E4M3, ScalarType.Float32, false)]
    public void Only_float32_caches_are_read_this_way(ScalarType held, ScalarType computed, bool expected)
    {
        var options = new CacheOptions { MaxSequences = 1, MaxContext = 8, KeyValueDtype = held, ComputeDtype = computed };

        Assert.Equal(expected, HostAttentionStep.Reads(options));
    }

    /// <summary>Appends the sequences' tokens a few at a time in turn, so that their pages interleave, and leaves each at the length before its last token.</summary>
    private static void Fill(ModelCache cache, CachedSequence[] sequences, (Tensor Keys, Tensor Values)[] held)
    {
        for (bool more = true; more;)
        {
            more = false;
            foreach ((CachedSequence sequence, (Tensor keys, Tensor values)) in sequences.Zip(held))
            {
                int count = (int)Math.Min(PageSize, keys.size(0) - sequence.Length);
                if (count > 0)
                {
                    cache.Reserve(sequence, count);
                    Tensor rows = tensor(PageTable.Rows(sequence.Pages, cache.Options.PageSize, sequence.Length, count));
                    cache.KeyValues(0).Append(rows, keys.narrow(0, sequence.Length, count), values.narrow(0, sequence.Length, count), KeyValueScales.One);
                    sequence.Length += count;
                    more = true;
                }
            }
        }

        Array.ForEach(sequences, sequence => sequence.Length--);
    }

    /// <summary>torch's attention, keys and values repeated for the heads that share them.</summary>
    private static Tensor Expected(Tensor query, Tensor keys, Tensor values)
    {
        long shared = query.size(0) / keys.size(1);
        return nn.functional.scaled_dot_product_attention(query.unsqueeze(1), Heads(keys), Heads(values)).flatten();

        Tensor Heads(Tensor held) => held.transpose(0, 1).repeat_interleave(shared, 0);
    }

    private static NemotronHConfig Config(int keyHeads, int heads, int headDim) => new()
    {
        VocabSize = 8,
        HiddenSize = 8,
        Layers = [LayerKind.Attention],
        LayerNormEpsilon = 1e-5,
        MaxPositionEmbeddings = 32,
        Attention = new AttentionConfig { NumHeads = heads, NumKeyValueHeads = keyHeads, HeadDim = headDim },
    };
}
