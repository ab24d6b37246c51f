using NemotronH.Caching;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>Decoded sequences of similar lengths, whose attention is one operation over their pages, padded to the longest.</summary>
internal sealed class DecodeGroup : IDisposable
{
    /// <summary>Lays out a group.</summary>
    /// <param name="options">Of the caches.</param>
    /// <param name="members">The sequences and their rows among the decoded rows.</param>
    public DecodeGroup(CacheOptions options, IReadOnlyList<(CachedSequence Sequence, int Row)> members)
    {
        Sequences = [.. members.Select(member => member.Sequence)];
        Rows = tensor(members.Select(member => (long)member.Row).ToArray(), device: options.Device);
        if (members.Count == 1)
        {
            return;
        }

        int pages = Sequences.Max(sequence => options.PagesFor(sequence.Length + 1));
        long[] table = [.. Sequences.SelectMany(sequence => Enumerable.Range(0, pages).Select(i => (long)sequence.Pages[Math.Min(i, sequence.Pages.Count - 1)]))];
        Pages = tensor(table, device: options.Device);
        using Tensor lengths = tensor(Sequences.Select(sequence => (long)sequence.Length + 1).ToArray(), device: options.Device);
        using Tensor positions = arange((long)pages * options.PageSize, device: options.Device);
        using Tensor perSequence = lengths.view(-1, 1, 1, 1);
        Mask = positions.less(perSequence);
    }

    /// <summary>The sequences; their lengths are those before this step.</summary>
    public IReadOnlyList<CachedSequence> Sequences { get; }

    /// <summary>[G] int64: their rows among the decoded rows.</summary>
    public Tensor Rows { get; }

    /// <summary>[G · P] int64: their page tables, filled up with pages of their own; <see langword="null"/> for a lone sequence.</summary>
    public Tensor? Pages { get; }

    /// <summary>[G, 1, 1, P · page size] bool: which positions exist; <see langword="null"/> for a lone sequence, of which only those are read.</summary>
    public Tensor? Mask { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Rows.Dispose();
        Pages?.Dispose();
        Mask?.Dispose();
    }
}
