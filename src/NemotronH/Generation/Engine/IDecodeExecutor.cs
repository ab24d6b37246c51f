namespace NemotronH.Generation;

/// <summary>Computes and chooses the next token of each sequence of a batch. Belongs to the engine's thread.</summary>
/// <remarks>
/// Ids may come late: a call may return those of the call before, or none, while its own are still being computed on a device that feeds them to
/// itself. So a result names its sequence, and may be of one that has left by then, which the engine drops. When a result is handed out, the length
/// of its sequence says what the caches hold of it, or will hold before anything else is done to them: at most the result itself.
/// </remarks>
internal interface IDecodeExecutor : IDisposable
{
    /// <summary>Takes one step.</summary>
    /// <param name="batch">The sequences whose prompts are computed; pages are free for one more token of each.</param>
    /// <returns>Chosen tokens, of this call or the one before.</returns>
    IReadOnlyList<SampledToken> Decode(IReadOnlyList<EngineSequence> batch);
}
