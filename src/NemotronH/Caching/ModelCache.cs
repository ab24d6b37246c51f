using NemotronH.Configuration;
using static TorchSharp.torch;

namespace NemotronH.Caching;

/// <summary>Everything a model remembers of its sequences: attention keys and values in pages, Mamba states in slots.</summary>
/// <remarks>Not thread-safe: it belongs to the thread that runs the model. What reading and writing make is gone when the pass ends.</remarks>
public sealed class ModelCache : IDisposable
{
    private readonly SortedSet<int> _freeSlots;
    private readonly PagePool _pages;
    private readonly KeyValueCache[] _keyValues;
    private readonly MambaStates[] _mamba;

    /// <summary>Allocates the caches of a model.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="options">Sizes, device and types.</param>
    public ModelCache(NemotronHConfig config, CacheOptions options)
    {
        Options = options;
        MambaConfig = config.Layers.Contains(LayerKind.Mamba) ? config.Mamba : null;
        AttentionConfig = config.Layers.Contains(LayerKind.Attention) ? config.Attention : null;
        _freeSlots = [.. Enumerable.Range(0, options.MaxSequences)];
        _pages = new PagePool(options.Pages);
        _keyValues = [.. Of(LayerKind.Attention).Select(_ => new KeyValueCache(config.Attention!.NumKeyValueHeads, config.Attention.HeadDim, options))];
        _mamba = [.. Of(LayerKind.Mamba).Select(_ => new MambaStates(config.Mamba!, options))];

        IEnumerable<LayerKind> Of(LayerKind kind) => config.Layers.Where(layer => layer == kind);
    }

    /// <summary>Sizes, device and types.</summary>
    public CacheOptions Options { get; }

    /// <summary>Shape of the Mamba layers; <see langword="null"/> for a model without any.</summary>
    internal MambaConfig? MambaConfig { get; }

    /// <summary>Shape of the attention layers; <see langword="null"/> for a model without any.</summary>
    internal AttentionConfig? AttentionConfig { get; }

    /// <summary>Sequences that can still be added.</summary>
    public int FreeSlots => _freeSlots.Count;

    /// <summary>Attention pages that requests' sequences can hold between them.</summary>
    public int UsablePages => Options.Pages - PagesHeldBack;

    /// <summary>Pages that a decoder holds for rows that stand empty.</summary>
    internal int PagesHeldBack { get; set; }

    /// <summary>Attention pages that no sequence holds.</summary>
    public int FreePages => _pages.Free;

    /// <summary>Number of attention layers.</summary>
    public int AttentionLayers => _keyValues.Length;

    /// <summary>Number of Mamba layers.</summary>
    public int MambaLayers => _mamba.Length;

    /// <summary>Keys and values of an attention layer.</summary>
    /// <param name="attentionLayer">Index among the attention layers.</param>
    /// <returns>The layer's cache.</returns>
    public KeyValueCache KeyValues(int attentionLayer) => _keyValues[attentionLayer];

    /// <summary>States of a Mamba layer.</summary>
    /// <param name="mambaLayer">Index among the Mamba layers.</param>
    /// <returns>The layer's states.</returns>
    public MambaStates Mamba(int mambaLayer) => _mamba[mambaLayer];

    /// <summary>Gives a new sequence a slot; its states are zero, whatever the slot held before.</summary>
    /// <returns>An empty sequence.</returns>
    /// <exception cref="InvalidOperationException">All slots are taken.</exception>
    public CachedSequence Add()
    {
        if (_freeSlots.Count == 0)
        {
            throw new InvalidOperationException($"All {Options.MaxSequences} sequence slots are taken.");
        }

        int slot = _freeSlots.Min;
        _freeSlots.Remove(slot);
        using var noGrad = no_grad();
        foreach (MambaStates layer in _mamba)
        {
            layer.Reset(slot);
        }

        return new CachedSequence(slot);
    }

    /// <summary>Makes room for more tokens of a sequence.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">Tokens that are about to be appended.</param>
    /// <exception cref="InvalidOperationException">The sequence would outgrow the longest context, or no page is free.</exception>
    public void Reserve(CachedSequence sequence, int tokens)
    {
        ObjectDisposedException.ThrowIf(sequence.IsRemoved, sequence);
        int length = sequence.Length + tokens;
        if (length > Options.MaxContext)
        {
            throw new InvalidOperationException($"A sequence of {length} tokens is longer than the context of {Options.MaxContext}.");
        }

        for (int missing = MissingPages(sequence, tokens); missing > 0; missing--)
        {
            if (_pages.Free == 0)
            {
                throw new InvalidOperationException("No attention page is free.");
            }

            sequence.AddPage(TakePage());
        }
    }

    /// <summary>Pages that <see cref="Reserve"/> would take.</summary>
    internal int MissingPages(CachedSequence sequence, int tokens) =>
        Math.Max(0, Options.PagesFor(sequence.Length + tokens) - sequence.Pages.Count);

    /// <summary>Holds the pages of a sequence's first tokens, so that they outlive it. It may go on: it writes only behind them.</summary>
    /// <returns>The pages, for <see cref="ReturnPages"/>.</returns>
    internal int[] SharePages(CachedSequence sequence, int tokens)
    {
        int[] pages = [.. sequence.Pages.Take(Options.PagesFor(tokens))];
        _pages.Share(pages);
        return pages;
    }

    /// <summary>Gives pages up that <see cref="SharePages"/> gave.</summary>
    internal void ReturnPages(IEnumerable<int> pages) => _pages.Return(pages);

    /// <summary>Lets an empty sequence begin with the keys and values of another; full pages are shared, the last one is copied. States are not touched.</summary>
    /// <param name="sequence">An empty sequence.</param>
    /// <param name="pages">The other's pages.</param>
    /// <param name="tokens">Tokens in them; where their last page is not full, a page is free.</param>
    internal void Adopt(CachedSequence sequence, IReadOnlyList<int> pages, int tokens)
    {
        int full = tokens / Options.PageSize;
        int rest = tokens % Options.PageSize;
        int[] shared = [.. pages.Take(full)];
        _pages.Share(shared);
        sequence.AddPages(shared);
        if (rest > 0)
        {
            int copy = TakePage();
            sequence.AddPage(copy);
            using var noGrad = no_grad();
            Array.ForEach(_keyValues, layer => layer.Copy(pages[full], copy, rest));
        }

        sequence.Length = tokens;
    }

    /// <summary>Returns a sequence's slot and pages; a second time does nothing.</summary>
    /// <param name="sequence">A sequence that <see cref="Add"/> gave; not used afterwards.</param>
    public void Remove(CachedSequence sequence)
    {
        if (sequence.IsRemoved)
        {
            return;
        }

        sequence.IsRemoved = true;
        _pages.Return(sequence.Pages);
        sequence.ClearPages();
        sequence.Length = 0;
        _freeSlots.Add(sequence.Slot);
    }

    private int TakePage()
    {
        int page = _pages.Take();
        using var noGrad = no_grad();
        Array.ForEach(_keyValues, layer => layer.Clear(page, 1));
        return page;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable layer in _keyValues.Concat<IDisposable>(_mamba))
        {
            layer.Dispose();
        }
    }
}
