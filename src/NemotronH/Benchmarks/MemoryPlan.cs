namespace NemotronH.Benchmarks;

/// <summary>What a model takes of a device's memory, by arithmetic.</summary>
/// <param name="Weights">Bytes of the weights.</param>
/// <param name="Caches">Bytes of states, keys and values.</param>
/// <param name="Buffers">Bytes that weights are dequantised into.</param>
/// <param name="Free">Bytes that were free.</param>
public sealed record MemoryPlan(long Weights, long Caches, long Buffers, long Free)
{
    /// <summary>All of it.</summary>
    public long Total => Weights + Caches + Buffers;

    /// <summary>Refuses what does not fit.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="device">The device's name.</param>
    /// <exception cref="NemotronHException">More is needed than is free.</exception>
    public void Verify(string model, string device)
    {
        if (Total > Free)
        {
            string largest = Caches > Weights ? "take fewer sequences (--batch) or a shorter context (--context)" : "take fewer layers (--layers) or another precision";
            throw new NemotronHException(
                $"{model} does not fit: weights of {Gibibytes(Weights)} GiB, caches of {Gibibytes(Caches)} GiB and buffers of {Gibibytes(Buffers)} GiB "
                + $"need {Gibibytes(Total)} GiB; {Gibibytes(Free)} GiB are free on {device}: {largest}");
        }
    }

    private static string Gibibytes(long bytes) => ((double)bytes / (1L << 30)).ToString("0.0");
}
