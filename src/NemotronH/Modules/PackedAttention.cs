using NemotronH.Caching;
using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>The prompt pieces of several sequences behind their histories, for one flash attention over all of them on a GPU.</summary>
internal sealed class PackedAttention : IDisposable
{
    /// <summary>Flash attention's kernels take head sizes up to this, in steps of <see cref="HeadDimStep"/>.</summary>
    private const int MostHeadDim = 256;

    private const int HeadDimStep = 8;

    private readonly Tensor _queryOffsets;
    private readonly Tensor _keyOffsets;
    private readonly int _mostQueries;
    private readonly int _mostKeys;

    /// <summary>Lays out prompt pieces whose pages are reserved.</summary>
    /// <param name="options">Of the caches.</param>
    /// <param name="pieces">At least one, in the order of their rows from row 0.</param>
    public PackedAttention(CacheOptions options, IReadOnlyList<SequenceSpan> pieces)
    {
        int[] lengths = [.. pieces.Select(piece => piece.Sequence.Length + piece.Count)];
        _mostQueries = pieces.Max(piece => piece.Count);
        _mostKeys = lengths.Max();
        _queryOffsets = Offsets(pieces.Select(piece => piece.Count), options.Device);
        _keyOffsets = Offsets(lengths, options.Device);
        Keys = new CachedRows(options, [.. pieces.Select((piece, i) => (piece.Sequence, lengths[i]))]);
    }

    /// <summary>Whether prompts take it: it was asked for, on a GPU in bfloat16, with heads that flash attention has kernels for.</summary>
    /// <param name="options">Of the caches.</param>
    /// <param name="headDim">Size of an attention head.</param>
    public static bool Serves(CacheOptions options, int headDim) =>
        options.PackedAttention
        && options.Device.type == TorchSharp.DeviceType.CUDA
        && options.ComputeDtype == ScalarType.BFloat16
        && headDim % HeadDimStep == 0
        && headDim <= MostHeadDim;

    /// <summary>Where the keys and values of all pieces lie, sequence by sequence from its first token.</summary>
    public CachedRows Keys { get; }

    /// <summary>Attends.</summary>
    /// <param name="queries">[ΣL, heads, head_dim].</param>
    /// <param name="keys">[ΣS, KV heads, head_dim], the rows of <see cref="Keys"/>.</param>
    /// <param name="values">Likewise.</param>
    /// <returns>[ΣL, heads, head_dim].</returns>
    public Tensor Attend(Tensor queries, Tensor keys, Tensor values) =>
        AtenOperators.FlashAttention(queries, keys, values, _queryOffsets, _keyOffsets, _mostQueries, _mostKeys);

    /// <inheritdoc/>
    public void Dispose()
    {
        _queryOffsets.Dispose();
        _keyOffsets.Dispose();
        Keys.Dispose();
    }

    private static Tensor Offsets(IEnumerable<int> counts, Device device)
    {
        var offsets = new List<int> { 0 };
        offsets.AddRange(counts.Select(count => count));
        for (int i = 1; i < offsets.Count; i++)
        {
            offsets[i] += offsets[i - 1];
        }

        return tensor(offsets.ToArray(), dtype: ScalarType.Int32, device: device);
    }
}
