using NemotronH.Caching;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>Tokens of several sequences for one pass through the model, side by side without padding.</summary>
/// <remarks>
/// Rows of prefill spans come first, then one row for each decoded sequence. Which of the two a single token is, the caller says: the last
/// one-token piece of a prompt is prefill.
/// </remarks>
public sealed class ForwardBatch : IDisposable
{
    /// <summary>Lays out a batch and makes room for it in the caches.</summary>
    /// <param name="cache">The model's caches.</param>
    /// <param name="prefills">Prompt pieces: a sequence and its next tokens (at least one).</param>
    /// <param name="decodes">Decoded tokens: a sequence and its next token.</param>
    public ForwardBatch(
        ModelCache cache,
        IReadOnlyList<(CachedSequence Sequence, ReadOnlyMemory<int> Tokens)> prefills,
        IReadOnlyList<(CachedSequence Sequence, int Token)> decodes)
    {
        Cache = cache;
        var ids = new List<long>();
        var spans = new List<SequenceSpan>();
        foreach ((CachedSequence sequence, ReadOnlyMemory<int> tokens) in prefills)
        {
            ArgumentOutOfRangeException.ThrowIfZero(tokens.Length, nameof(prefills));
            cache.Reserve(sequence, tokens.Length);
            spans.Add(new SequenceSpan(sequence, ids.Count, tokens.Length));
            ids.AddRange(tokens.ToArray().Select(id => (long)id));
        }

        Prefills = spans;
        DecodeRow = ids.Count;
        foreach ((CachedSequence sequence, int token) in decodes)
        {
            cache.Reserve(sequence, 1);
            ids.Add(token);
        }

        Decodes = [.. decodes.Select(decode => decode.Sequence)];
        TokenIds = tensor(ids.ToArray(), device: cache.Options.Device);
        DecodeSlots = new SlotSelection([.. Decodes.Select(sequence => sequence.Slot)], cache.Options.Device);
        Mamba = cache.MambaConfig is { } mamba && spans.Count > 0 ? new MambaLayout(mamba, spans, cache.Options.Device) : null;
        Attention = cache.AttentionConfig is { } attention ? new AttentionLayout(cache.Options, attention.HeadDim, Prefills, Decodes) : null;
    }

    /// <summary>The model's caches.</summary>
    public ModelCache Cache { get; }

    /// <summary>[T] int64 token ids.</summary>
    public Tensor TokenIds { get; }

    /// <summary>Prompt pieces, in row order from row 0.</summary>
    public IReadOnlyList<SequenceSpan> Prefills { get; }

    /// <summary>Sequences of the decoded rows, in row order from <see cref="DecodeRow"/>.</summary>
    public IReadOnlyList<CachedSequence> Decodes { get; }

    /// <summary>First decoded row: the number of prefill rows.</summary>
    public int DecodeRow { get; }

    /// <summary>State slots of the decoded rows.</summary>
    public SlotSelection DecodeSlots { get; }

    /// <summary>How Mamba layers go about the prompt pieces; <see langword="null"/> without any.</summary>
    internal MambaLayout? Mamba { get; }

    /// <summary>How attention layers go about the batch; <see langword="null"/> for a model without any.</summary>
    internal AttentionLayout? Attention { get; }

    /// <summary>Records that the pass is over: the sequences now hold these tokens.</summary>
    public void Advance()
    {
        foreach (SequenceSpan span in Prefills)
        {
            span.Sequence.Length += span.Count;
        }

        foreach (CachedSequence sequence in Decodes)
        {
            sequence.Length++;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        TokenIds.Dispose();
        DecodeSlots.Dispose();
        Mamba?.Dispose();
        Attention?.Dispose();
    }
}
