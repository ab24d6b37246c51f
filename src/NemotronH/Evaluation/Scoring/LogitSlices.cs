namespace NemotronH.Evaluation.Scoring;

/// <summary>Cuts rows of logits so that a vocabulary of any size takes little memory.</summary>
internal static class LogitSlices
{
    /// <summary>Logits at a time: 32 MiB in float32, 64 MiB in float64.</summary>
    private const int MaxElements = 1 << 23;

    /// <summary>Ranges of rows, in order.</summary>
    public static IEnumerable<(int Start, int Count)> Of(int rows, int vocabulary)
    {
        int height = Math.Max(1, MaxElements / vocabulary);
        for (int start = 0; start < rows; start += height)
        {
            yield return (start, Math.Min(height, rows - start));
        }
    }
}
