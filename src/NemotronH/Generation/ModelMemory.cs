namespace NemotronH.Generation;

/// <summary>What a model is going to take of its device's memory, before anything of it is loaded.</summary>
public sealed record ModelMemory
{
    /// <summary>Bytes of the weights.</summary>
    public required long Weights { get; init; }

    /// <summary>Bytes of quantised experts' copies in the compute dtype, where prompts read such.</summary>
    public long ExpertCopies { get; init; }

    /// <summary>Bytes of the pages of attention keys and values.</summary>
    public required long KeyValues { get; init; }

    /// <summary>Bytes of convolution and SSM states.</summary>
    public required long States { get; init; }

    /// <summary>Bytes of the largest prefill pass: its activations, and the buffer that weights are dequantised into. An upper bound.</summary>
    public required long Workspace { get; init; }

    /// <summary>Bytes that are free on the device; memory that libtorch keeps of earlier models counts as taken, though it is used again.</summary>
    public required long Free { get; init; }

    /// <summary>Bytes of the device's memory.</summary>
    public required long Capacity { get; init; }

    /// <summary>Most prompt tokens of a pass: as many as were asked for, or what memory allows.</summary>
    public required int PrefillChunk { get; init; }

    /// <summary>Tokens of the longest sequence.</summary>
    public required int MaxContext { get; init; }

    /// <summary>Sequences at once.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>All of it.</summary>
    public long Total => Weights + ExpertCopies + KeyValues + States + Workspace;

    /// <summary>Refuses what the device can never hold.</summary>
    /// <param name="device">The device's name.</param>
    /// <exception cref="NemotronHException">More is needed than there is; one line with the sum and what to make smaller.</exception>
    public void Verify(string device)
    {
        if (Total > Capacity)
        {
            string advice = ExpertCopies > Weights ? "leave out --resident-experts, whose copies take the most"
                : KeyValues + States > Weights
                ? "take a shorter context (--max-context), fewer sequences (--max-sequences) or 8-bit keys and values (--kv-cache-dtype fp8)"
                : "take a smaller or more strongly quantised model";
            throw new NemotronHException($"{this}: {Gibibytes(Total)} GiB do not fit on {device}: {advice}");
        }
    }

    /// <summary>The plan in one line.</summary>
    /// <returns>As in <c>memory: weights 17.6 GiB, keys and values of 1 x 262144 tokens 0.8 GiB, ...</c>.</returns>
    public override string ToString() =>
        $"memory: weights {Gibibytes(Weights)} GiB, {(ExpertCopies > 0 ? $"copies of experts {Gibibytes(ExpertCopies)} GiB, " : "")}keys and values of {MaxSequences} x {MaxContext} tokens {Gibibytes(KeyValues)} GiB, "
        + $"states {Gibibytes(States)} GiB, workspace of {PrefillChunk} prompt tokens a pass {Gibibytes(Workspace)} GiB; {Gibibytes(Free)} of {Gibibytes(Capacity)} GiB free";

    private static string Gibibytes(long bytes) => ((double)bytes / (1L << 30)).ToString("0.0", System.Globalization.CultureInfo.InvariantCulture);
}
