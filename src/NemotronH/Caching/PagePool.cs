namespace NemotronH.Caching;

/// <summary>Hands out pages, the lowest free number first, so that a lone sequence lies in one piece.</summary>
internal sealed class PagePool(int count)
{
    private readonly SortedSet<int> _free = [.. Enumerable.Range(0, count)];

    public int Free => _free.Count;

    public int Take()
    {
        int page = _free.Min;
        _free.Remove(page);
        return page;
    }

    public void Return(IEnumerable<int> pages) => _free.UnionWith(pages);
}
