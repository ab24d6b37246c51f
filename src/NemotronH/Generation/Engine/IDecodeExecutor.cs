namespace NemotronH.Generation;

/// <summary>Computes and chooses the next token of each sequence of a batch. Belongs to the engine's thread.</summary>
/// <remarks>
/// Ids may come late: a call may return those of the call before, while its own are still being computed on a device that feeds them to itself. So a
/// result names its sequence, and may be of one that has left by then, which the engine drops.
/// </remarks>
internal interface IDecodeExecutor : IDisposable
{
    /// <summary>Whether the states of a sequence may be ahead of the ids that were returned, and so are not fit to be kept when it ends.</summary>
    bool RunsAhead { get; }

    /// <summary>Takes one step.</summary>
    /// <param name="batch">The sequences whose prompts are computed; pages are free for one more token of each.</param>
    /// <returns>Chosen tokens.</returns>
    IReadOnlyList<SampledToken> Decode(IReadOnlyList<EngineSequence> batch);
}
