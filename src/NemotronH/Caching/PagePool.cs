namespace NemotronH.Caching;

/// <summary>Hands out pages, the lowest free number first, so that a lone sequence lies in one piece; a page may have several holders.</summary>
internal sealed class PagePool(int count)
{
    private readonly SortedSet<int> _free = [.. Enumerable.Range(0, count)];
    private readonly int[] _holders = new int[count];

    public int Free => _free.Count;

    public int Total => count;

    /// <summary>Takes a free page; the caller is its only holder.</summary>
    public int Take()
    {
        int page = _free.Min;
        _free.Remove(page);
        _holders[page] = 1;
        return page;
    }

    /// <summary>Adds a holder to pages that are held.</summary>
    public void Share(IEnumerable<int> pages)
    {
        foreach (int page in pages)
        {
            _holders[page]++;
        }
    }

    /// <summary>Takes a holder from each page; those without any are free again.</summary>
    public void Return(IEnumerable<int> pages)
    {
        foreach (int page in pages)
        {
            if (--_holders[page] == 0)
            {
                _free.Add(page);
            }
        }
    }
}
