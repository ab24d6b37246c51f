using System.Numerics;
using NemotronH.Caching;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>What all attention layers need to know of a batch, made once a pass: cache rows, masks, and decoded sequences grouped by length.</summary>
internal sealed class AttentionLayout : IDisposable
{
    /// <summary>Sequences of up to this many pages are taken together; beyond, those within a factor of two.</summary>
    private const int ShortPages = 4;

    /// <summary>Lays out the attention of a batch whose pages are reserved.</summary>
    /// <param name="options">Of the caches.</param>
    /// <param name="headDim">Size of an attention head.</param>
    /// <param name="prefills">Prompt pieces.</param>
    /// <param name="decodes">Decoded sequences, in row order.</param>
    public AttentionLayout(CacheOptions options, int headDim, IReadOnlyList<SequenceSpan> prefills, IReadOnlyList<CachedSequence> decodes)
    {
        IEnumerable<SequenceSpan> spans = prefills.Concat(decodes.Select(sequence => new SequenceSpan(sequence, 0, 1)));
        long[] rows = [.. spans.SelectMany(span => PageTable.Rows(span.Sequence.Pages, options.PageSize, span.Sequence.Length, span.Count))];
        Rows = tensor(rows, device: options.Device);
        bool onGpu = options.Device.type == TorchSharp.DeviceType.CUDA;
        Packed = prefills.Count > 0 && PackedAttention.Serves(options, headDim) ? new PackedAttention(options, prefills) : null;
        Masks = [.. prefills.Select(span => onGpu && Packed is null ? CausalMask(span, options) : null)];
        Groups = HostAttentionStep.Reads(options) ? null : GroupByLength(options, decodes);
    }

    /// <summary>[T] int64: where in the caches the rows of the batch belong.</summary>
    public Tensor Rows { get; }

    /// <summary>All prompt pieces together; <see langword="null"/> where they attend one by one.</summary>
    public PackedAttention? Packed { get; }

    /// <summary>
    /// For each prompt piece, what is added to the scores: [L, S]; <see langword="null"/> where the piece begins its sequence or is one token, and where
    /// none is needed: on the CPU, or with <see cref="Packed"/>.
    /// </summary>
    public IReadOnlyList<Tensor?> Masks { get; }

    /// <summary>The decoded sequences; <see langword="null"/> where <see cref="HostAttentionStep"/> takes them one by one.</summary>
    public IReadOnlyList<DecodeGroup>? Groups { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Rows.Dispose();
        foreach (IDisposable? part in Masks.Concat<IDisposable?>(Groups ?? []).Append(Packed))
        {
            part?.Dispose();
        }
    }

    private static DecodeGroup[] GroupByLength(CacheOptions options, IReadOnlyList<CachedSequence> decodes) =>
    [
        .. decodes
            .Select((sequence, row) => (sequence, row))
            .GroupBy(member => BitOperations.RoundUpToPowerOf2((uint)Math.Max(ShortPages, options.PagesFor(member.sequence.Length + 1))))
            .Select(group => new DecodeGroup(options, [.. group])),
    ];

    /// <summary>Token i of the last L sees the tokens up to S − L + i.</summary>
    private static Tensor? CausalMask(SequenceSpan span, CacheOptions options)
    {
        if (span.Count == 1 || span.Sequence.Length == 0)
        {
            return null;
        }

        long total = span.Sequence.Length + span.Count;
        using Tensor all = ones([span.Count, total], ScalarType.Bool, options.Device);
        using Tensor hidden = all.triu(span.Sequence.Length + 1);
        return zeros([span.Count, total], options.ComputeDtype, options.Device).masked_fill_(hidden, double.NegativeInfinity);
    }
}
