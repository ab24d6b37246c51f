using NemotronH.Caching;

namespace NemotronH.Generation;

/// <summary>Keeps what was computed of prompts' beginnings, so that a prompt that begins alike goes on from there.</summary>
/// <remarks>
/// Mamba states exist only where they were saved, so an entry is of use only as a whole. Entries share their pages with each other and with running
/// sequences, which write only behind what is shared. The entry that was of use longest ago goes first. Belongs to the engine's thread.
/// </remarks>
internal sealed class PrefixCache : IDisposable
{
    /// <summary>Entries are searched one by one.</summary>
    private const int MaxEntries = 1024;

    private readonly ModelCache _cache;
    private readonly StateSnapshots _snapshots;
    private readonly List<PrefixEntry> _entries = [];
    private readonly long _snapshotBytes;
    private readonly long _pageBytes;
    private readonly int[] _entriesOfPage;
    private int _heldPages;
    private long _clock;

    /// <summary>Allocates room for the states of prefixes.</summary>
    /// <param name="cache">The model's caches.</param>
    /// <param name="bytes">Bytes for states; 0 turns the cache off.</param>
    /// <param name="pageBytes">Bytes of an attention page in all layers.</param>
    public PrefixCache(ModelCache cache, long bytes, long pageBytes)
    {
        _cache = cache;
        _pageBytes = pageBytes;
        _snapshotBytes = StateSnapshots.Size(cache);
        Capacity = bytes == 0 ? 0 : (int)Math.Min(MaxEntries, bytes / Math.Max(1, _snapshotBytes));
        _entriesOfPage = new int[cache.Options.Pages];
        _snapshots = new StateSnapshots(cache, Capacity);
    }

    /// <summary>Most entries it can hold.</summary>
    public int Capacity { get; }

    /// <summary>Entries it holds.</summary>
    public int Count => _entries.Count;

    /// <summary>Entries it gave up.</summary>
    public long Evictions { get; private set; }

    /// <summary>Bytes of the entries' states and of the pages they hold, each counted once.</summary>
    public long Bytes => (Count * _snapshotBytes) + (_heldPages * _pageBytes);

    /// <summary>Lets an empty sequence begin with the longest entry that a prompt begins with.</summary>
    /// <param name="prompt">The prompt; at least its last token is left to compute, for the logits behind it.</param>
    /// <param name="sequence">An empty sequence.</param>
    /// <returns>How many tokens it has now.</returns>
    public int Restore(ReadOnlySpan<int> prompt, CachedSequence sequence)
    {
        if (Find(prompt[..^1]) is not { } entry)
        {
            return 0;
        }

        entry.LastUse = ++_clock;
        bool fits = entry.Tokens.Length % _cache.Options.PageSize == 0 || MakeRoom(1, except: entry);
        if (!fits)
        {
            return 0;
        }

        _cache.Adopt(sequence, entry.Pages, entry.Tokens.Length);
        _snapshots.Restore(entry.Snapshot, sequence.Slot);
        return entry.Tokens.Length;
    }

    /// <summary>Keeps what a sequence holds now.</summary>
    /// <param name="tokens">The sequence's tokens, as many as the caches hold of it.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="expendable">Whether the entry goes before others do.</param>
    public void Keep(ReadOnlySpan<int> tokens, CachedSequence sequence, bool expendable)
    {
        if (Capacity == 0)
        {
            return;
        }

        if (Find(tokens) is { } known && known.Tokens.Length == tokens.Length)
        {
            known.LastUse = ++_clock;
            known.Expendable &= expendable;
            return;
        }

        if (_snapshots.Free == 0)
        {
            Evict(except: null);
        }

        int[] pages = _cache.SharePages(sequence, tokens.Length);
        _heldPages += pages.Count(page => _entriesOfPage[page]++ == 0);
        _entries.Add(new PrefixEntry(tokens.ToArray(), pages, _snapshots.Save(sequence.Slot)) { Expendable = expendable, LastUse = ++_clock });
    }

    /// <summary>Gives up entries until pages are free.</summary>
    /// <param name="pages">How many pages are needed.</param>
    /// <param name="except">An entry to leave alone.</param>
    /// <returns>Whether so many are free now.</returns>
    public bool MakeRoom(int pages, PrefixEntry? except = null)
    {
        while (_cache.FreePages < pages)
        {
            if (!Evict(except))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _snapshots.Dispose();

    /// <summary>The longest entry that tokens begin with.</summary>
    private PrefixEntry? Find(ReadOnlySpan<int> tokens)
    {
        PrefixEntry? longest = null;
        foreach (PrefixEntry entry in _entries)
        {
            if (entry.Tokens.Length > (longest?.Tokens.Length ?? 0) && tokens.StartsWith(entry.Tokens))
            {
                longest = entry;
            }
        }

        return longest;
    }

    private bool Evict(PrefixEntry? except)
    {
        PrefixEntry? entry = _entries.Where(entry => entry != except).MinBy(entry => (!entry.Expendable, entry.LastUse));
        if (entry is null)
        {
            return false;
        }

        Evictions++;
        _entries.Remove(entry);
        _snapshots.Release(entry.Snapshot);
        _heldPages -= entry.Pages.Count(page => --_entriesOfPage[page] == 0);
        _cache.ReturnPages(entry.Pages);
        return true;
    }
}
