namespace NemotronH.Generation;

/// <summary>Chooses where a prompt's state is kept. Each place ends a piece of the prompt, so they are few.</summary>
internal static class PrefixBorders
{
    /// <summary>The end of a prompt is expendable where a border lies this close before it.</summary>
    private const int Near = 64;

    /// <summary>
    /// The first border (what conversations share: system message and tools), the last two (where the next turn's prompt turns off, also where the last
    /// message is said again in other words), and the prompt's end, which costs no piece.
    /// </summary>
    /// <param name="borders">Positions in the prompt.</param>
    /// <param name="promptLength">Tokens of the prompt.</param>
    /// <param name="start">Tokens that are computed already.</param>
    /// <returns>Positions behind those, in order, and whether each is expendable.</returns>
    public static IEnumerable<(int Position, bool Expendable)> Choose(IReadOnlyList<int> borders, int promptLength, int start)
    {
        int[] sorted = [.. borders.Where(border => border > 0 && border < promptLength).Distinct().Order()];
        IEnumerable<int> chosen = sorted.Take(1).Union(sorted.TakeLast(2)).Where(border => border > start);
        bool near = sorted.Length > 0 && promptLength - sorted[^1] <= Near;
        return chosen.Select(border => (border, false)).Append((promptLength, near));
    }
}
