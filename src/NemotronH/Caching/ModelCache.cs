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
        _freeSlots = [.. Enumerable.Range(0, options.MaxSequences)];
        int pages = options.MaxSequences * options.PagesPerSequence;
        _pages = new PagePool(pages);
        _keyValues = [.. Of(LayerKind.Attention).Select(_ => new KeyValueCache(pages, config.Attention!.NumKeyValueHeads, config.Attention.HeadDim, options))];
        _mamba = [.. Of(LayerKind.Mamba).Select(_ => new MambaStates(config.Mamba!, options))];

        IEnumerable<LayerKind> Of(LayerKind kind) => config.Layers.Where(layer => layer == kind);
    }

    /// <summary>Sizes, device and types.</summary>
    public CacheOptions Options { get; }

    /// <summary>Sequences that can still be added.</summary>
    public int FreeSlots => _freeSlots.Count;

    /// <summary>Attention pages that no sequence holds.</summary>
    public int FreePages => _pages.Free;

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

        while (sequence.Pages.Count * Options.PageSize < length)
        {
            if (_pages.Free == 0)
            {
                throw new InvalidOperationException("No attention page is free.");
            }

            sequence.AddPage(_pages.Take());
        }
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

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable layer in _keyValues.Concat<IDisposable>(_mamba))
        {
            layer.Dispose();
        }
    }
}
