using static TorchSharp.torch;

namespace NemotronH.Caching;

/// <summary>The cache rows of the first tokens of sequences, found once a pass for all layers.</summary>
internal sealed class CachedRows : IDisposable
{
    private readonly Tensor? _indices;
    private readonly long _first;
    private readonly long _count;

    /// <summary>Finds rows.</summary>
    /// <param name="options">Of the caches.</param>
    /// <param name="sequences">Sequences, and how many tokens of each, from the first.</param>
    public CachedRows(CacheOptions options, IReadOnlyList<(CachedSequence Sequence, int Length)> sequences)
    {
        _count = sequences.Sum(part => (long)part.Length);
        _first = (long)sequences[0].Sequence.Pages[0] * options.PageSize;
        bool inOnePiece = sequences.Count == 1 && PageTable.IsContiguous(sequences[0].Sequence.Pages);
        _indices = inOnePiece
            ? null
            : tensor(sequences.SelectMany(part => PageTable.Rows(part.Sequence.Pages, options.PageSize, 0, part.Length)).ToArray(), device: options.Device);
    }

    /// <summary>Takes the rows out of a layer's cache.</summary>
    /// <param name="cache">[pages · page size, ...].</param>
    /// <returns>[rows, ...]; a view where they lie in one piece.</returns>
    public Tensor Of(Tensor cache) => _indices is null ? cache.narrow(0, _first, _count) : cache.index_select(0, _indices);

    /// <inheritdoc/>
    public void Dispose() => _indices?.Dispose();
}
