namespace NemotronH.Caching;

/// <summary>Where positions of a sequence lie in the caches, by its page table.</summary>
public static class PageTable
{
    /// <summary>The cache rows of consecutive positions.</summary>
    /// <param name="pages">The sequence's pages in order of position.</param>
    /// <param name="pageSize">Tokens per page.</param>
    /// <param name="start">First position.</param>
    /// <param name="count">Number of positions.</param>
    /// <returns>A row for each.</returns>
    public static long[] Rows(IReadOnlyList<int> pages, int pageSize, int start, int count)
    {
        long[] rows = new long[count];
        for (int i = 0; i < count; i++)
        {
            int position = start + i;
            rows[i] = ((long)pages[position / pageSize] * pageSize) + (position % pageSize);
        }

        return rows;
    }

    /// <summary>Whether pages lie side by side in order.</summary>
    internal static bool IsContiguous(IReadOnlyList<int> pages)
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
}
