using NemotronH.Caching;

namespace NemotronH.Generation.Recorded;

/// <summary>A device's decode steps: it feeds each step's tokens to the next by itself, so that steps can be queued before tokens are read.</summary>
/// <remarks>
/// What is queued runs in order, with everything else that is done to the caches: what a sequence gives up while a step is under way can be given
/// to another at once.
/// </remarks>
internal interface IDecodeSteps
{
    /// <summary>Rows of the largest step.</summary>
    int MaxBatch { get; }

    /// <summary>Times that rows were written, whoever did it: rows are those of the last time.</summary>
    long Writes { get; }

    /// <summary>Writes the rows that the next steps decode.</summary>
    /// <param name="rows">Sequences and their next tokens.</param>
    void Write(IReadOnlyList<DecodeRow> rows);

    /// <summary>Queues a step over the rows as the steps before leave them. Rows that have ended by then are left alone.</summary>
    /// <param name="advancing">The sequences of rows that, for all the host knows, go on: each gets a page where it needs one, and is a token longer.</param>
    /// <returns>The step, for <see cref="Read"/>.</returns>
    long Queue(IReadOnlyList<CachedSequence> advancing);

    /// <summary>Waits for a step's tokens.</summary>
    /// <param name="step">One of the last two steps.</param>
    /// <returns>
    /// A token for each row, at least; −1 where the logits were not finite. What a row that had ended before gives means nothing.
    /// </returns>
    int[] Read(long step);
}
