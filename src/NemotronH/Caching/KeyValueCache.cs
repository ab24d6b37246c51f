using static TorchSharp.torch;

namespace NemotronH.Caching;

/// <summary>Keys and values of one attention layer, in pages that belong to sequences.</summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor _keys;
    private readonly Tensor _values;
    private readonly int _pageSize;
    private readonly KeyValueFormat _format;

    internal KeyValueCache(int heads, int headDim, CacheOptions options)
    {
        _pageSize = options.PageSize;
        _format = new KeyValueFormat(options.KeyValueDtype);
        long[] shape = [(long)options.Pages * _pageSize, heads, headDim];
        _keys = empty(shape, _format.StorageDtype, options.Device);
        _values = empty(shape, _format.StorageDtype, options.Device);
    }

    /// <summary>[pages · page size, heads, head_dim] keys; codes where they are held in 8 bits.</summary>
    internal Tensor Keys => _keys;

    /// <summary>Values, likewise.</summary>
    internal Tensor Values => _values;

    /// <summary>Tokens per page.</summary>
    internal int PageSize => _pageSize;

    /// <summary>Writes the keys and values of new tokens.</summary>
    /// <param name="rows">[T] int64 rows of the cache, from <see cref="PageTable.Rows"/>.</param>
    /// <param name="keys">[T, heads, head_dim].</param>
    /// <param name="values">[T, heads, head_dim].</param>
    /// <param name="scales">The layer's scales; read only where the cache holds 8 bits.</param>
    public void Append(Tensor rows, Tensor keys, Tensor values, KeyValueScales scales)
    {
        using var scope = NewDisposeScope();
        _keys.index_copy_(0, rows, _format.Encode(keys, scales.Key));
        _values.index_copy_(0, rows, _format.Encode(values, scales.Value));
    }

    /// <summary>Gathers a sequence's keys and values.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="length">How many tokens, from the first.</param>
    /// <param name="dtype">Type to read them in.</param>
    /// <param name="scales">The scales they were appended with.</param>
    /// <returns>Keys and values, each [length, heads, head_dim]; views of the cache where that is possible.</returns>
    public (Tensor Keys, Tensor Values) Read(CachedSequence sequence, int length, ScalarType dtype, KeyValueScales scales)
    {
        using var scope = NewDisposeScope();
        Tensor? rows = PageTable.IsContiguous(sequence.Pages) ? null : tensor(PageTable.Rows(sequence.Pages, _pageSize, 0, length), device: _keys.device);
        return (Read(_keys, scales.Key).MoveToOuterDisposeScope(), Read(_values, scales.Value).MoveToOuterDisposeScope());

        Tensor Read(Tensor cache, float scale)
        {
            Tensor held = rows is null ? cache.narrow(0, (long)sequence.Pages[0] * _pageSize, length) : cache.index_select(0, rows);
            return _format.Decode(held, scale, dtype);
        }
    }

    /// <summary>Gathers the keys and values of several sequences, one behind the other.</summary>
    /// <param name="rows">Where they lie.</param>
    /// <param name="dtype">Type to read them in.</param>
    /// <param name="scales">The scales they were appended with.</param>
    /// <returns>Keys and values, each [rows, heads, head_dim]; views of the cache where that is possible.</returns>
    internal (Tensor Keys, Tensor Values) Read(CachedRows rows, ScalarType dtype, KeyValueScales scales)
    {
        using var scope = NewDisposeScope();
        return (
            _format.Decode(rows.Of(_keys), scales.Key, dtype).MoveToOuterDisposeScope(),
            _format.Decode(rows.Of(_values), scales.Value, dtype).MoveToOuterDisposeScope());
    }

    /// <summary>Gathers whole pages of several sequences, as many of each.</summary>
    /// <param name="pages">[sequences · pages] int64 page numbers, sequence by sequence.</param>
    /// <param name="sequences">How many sequences.</param>
    /// <param name="dtype">Type to read them in.</param>
    /// <param name="scales">The scales they were appended with.</param>
    /// <returns>Keys and values, each [sequences, pages · page size, heads, head_dim]; zero where nothing was appended yet.</returns>
    public (Tensor Keys, Tensor Values) ReadPages(Tensor pages, int sequences, ScalarType dtype, KeyValueScales scales)
    {
        using var scope = NewDisposeScope();
        return (Read(_keys, scales.Key).MoveToOuterDisposeScope(), Read(_values, scales.Value).MoveToOuterDisposeScope());

        Tensor Read(Tensor cache, float scale)
        {
            Tensor held = cache.view(-1, _pageSize, cache.size(1), cache.size(2)).index_select(0, pages);
            return _format.Decode(held.view(sequences, -1, cache.size(1), cache.size(2)), scale, dtype);
        }
    }

    /// <summary>Makes pages zero: what is read together with other sequences' longer ones must be finite.</summary>
    internal void Clear(int firstPage, int pages)
    {
        using var scope = NewDisposeScope();
        _keys.narrow(0, (long)firstPage * _pageSize, (long)pages * _pageSize).zero_();
        _values.narrow(0, (long)firstPage * _pageSize, (long)pages * _pageSize).zero_();
    }

    /// <summary>Copies the beginning of a page to another.</summary>
    internal void Copy(int fromPage, int toPage, int tokens)
    {
        using var scope = NewDisposeScope();
        foreach (Tensor cache in new[] { _keys, _values })
        {
            cache.narrow(0, (long)toPage * _pageSize, tokens).copy_(cache.narrow(0, (long)fromPage * _pageSize, tokens));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }
}
