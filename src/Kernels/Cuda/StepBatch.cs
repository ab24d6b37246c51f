namespace NemotronH.Kernels.Cuda;

/// <summary>The rows of a decode step.</summary>
public static class StepBatch
{
    /// <summary>The most rows of a step.</summary>
    public const int Max = 128;

    /// <summary>Checks the range.</summary>
    /// <exception cref="ArgumentException">It is not 1 to <see cref="Max"/>.</exception>
    internal static void Validate(int batch)
    {
        if (batch is < 1 or > Max)
        {
            throw new ArgumentException($"The batch is {batch}; expected 1 to {Max}.", nameof(batch));
        }
    }
}
