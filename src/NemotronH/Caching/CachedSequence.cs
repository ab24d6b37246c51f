namespace NemotronH.Caching;

/// <summary>One sequence's place in the caches: its state slot, its attention pages and how many tokens they hold.</summary>
public sealed class CachedSequence
{
    private readonly List<int> _pages = [];

    internal CachedSequence(int slot) => Slot = slot;

    /// <summary>Index of the sequence's Mamba states.</summary>
    public int Slot { get; }

    /// <summary>Tokens whose states and keys the caches hold.</summary>
    public int Length { get; internal set; }

    /// <summary>The attention pages in order of position: the page table.</summary>
    public IReadOnlyList<int> Pages => _pages;

    /// <summary>Whether the sequence has given its slot back.</summary>
    internal bool IsRemoved { get; set; }

    internal void AddPage(int page) => _pages.Add(page);

    internal void AddPages(IEnumerable<int> pages) => _pages.AddRange(pages);

    internal void ClearPages() => _pages.Clear();
}
