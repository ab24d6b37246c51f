using System.Numerics;
using NemotronH.Kernels.Cuda;

namespace NemotronH.Generation.Recorded;

/// <summary>The batch sizes that decode steps are made for: powers of two up to 128.</summary>
public static class DecodeBuckets
{
    /// <summary>The largest batch.</summary>
    public const int Max = StepBatch.Max;

    /// <summary>The smallest batch size that holds some rows.</summary>
    /// <param name="rows">1 to 128.</param>
    /// <returns>A power of two.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are no rows, or too many.</exception>
    public static int Of(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Max);
        return (int)BitOperations.RoundUpToPowerOf2((uint)rows);
    }

    /// <summary>All batch sizes up to the one that holds some rows.</summary>
    /// <param name="rows">1 to 128.</param>
    /// <returns>Ascending powers of two from 1.</returns>
    public static IEnumerable<int> UpTo(int rows)
    {
        for (int batch = 1; batch <= Of(rows); batch *= 2)
        {
            yield return batch;
        }
    }
}
