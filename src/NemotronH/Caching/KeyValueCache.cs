using static TorchSharp.torch;

namespace NemotronH.Caching;

/// <summary>Keys and values of one attention layer, in pages that belong to sequences.</summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor _keys;
    private readonly Tensor _values;
    private readonly int _pageSize;
    private readonly KeyValueFormat _format;

    internal KeyValueCache(int pages, int heads, int headDim, CacheOptions options)
    {
        _pageSize = options.PageSize;
        _format = new KeyValueFormat(options.KeyValueDtype);
        long[] shape = [(long)pages * _pageSize, heads, headDim];
        _keys = empty(shape, _format.StorageDtype, options.Device);
        _values = empty(shape, _format.StorageDtype, options.Device);
    }

    /// <summary>[pages · page size, heads, head_dim] keys; codes where they are held in 8 bits.</summary>
    internal Tensor Keys => _keys;

    /// <summary>Values, likewise.</summary>
    internal Tensor Values => _values;

    /// <summary>Writes the keys and values of new tokens behind those that the sequence has.</summary>
    /// <param name="sequence">The sequence; its page table reaches far enough.</param>
    /// <param name="keys">[L, heads, head_dim].</param>
    /// <param name="values">[L, heads, head_dim].</param>
    /// <param name="scales">The layer's scales; read only where the cache holds 8 bits.</param>
    public void Append(CachedSequence sequence, Tensor keys, Tensor values, KeyValueScales scales)
    {
        using var scope = NewDisposeScope();
        Tensor rows = tensor(Rows(sequence, sequence.Length, (int)keys.size(0)), device: _keys.device);
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
        return (Read(_keys, scales.Key).MoveToOuterDisposeScope(), Read(_values, scales.Value).MoveToOuterDisposeScope());

        Tensor Read(Tensor pages, float scale)
        {
            Tensor rows = IsContiguous(sequence.Pages)
                ? pages.narrow(0, (long)sequence.Pages[0] * _pageSize, length)
                : pages.index_select(0, tensor(Rows(sequence, 0, length), device: pages.device));
            return _format.Decode(rows, scale, dtype);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }

    private static bool IsContiguous(IReadOnlyList<int> pages)
    {
        for (int i = 1; i < pages.Count; i++)
        {
            if (pages[i] != pages[i - 1] + 1)
            {
                return false;
            }
        }

        return true;
    }

    private long[] Rows(CachedSequence sequence, int start, int count)
    {
        var rows = new long[count];
        for (int i = 0; i < count; i++)
        {
            int position = start + i;
            rows[i] = ((long)sequence.Pages[position / _pageSize] * _pageSize) + (position % _pageSize);
        }

        return rows;
    }
}
