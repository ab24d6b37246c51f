namespace NemotronH.Generation;

/// <summary>A request on its way through an <see cref="InferenceEngine"/>: its tokens as they are made.</summary>
/// <remarks>Its properties may be read from any thread. One reader enumerates the tokens, once.</remarks>
public sealed class EngineGeneration : IAsyncDisposable
{
    internal EngineGeneration()
    {
    }

    /// <summary>Token counts so far.</summary>
    public GenerationUsage Usage => throw new NotSupportedException();

    /// <summary>How long it waited and ran so far.</summary>
    public EngineTimings Timings => throw new NotSupportedException();

    /// <summary>Why the generation ended; <see langword="null"/> while it goes on, and after a cancellation or a failure.</summary>
    public FinishReason? FinishReason => throw new NotSupportedException();

    /// <summary>
    /// Log-probability of each prompt token given those before it, where <see cref="EngineRequest.PromptLogProbs"/> asked for it: complete when the first
    /// token, or the end of the enumeration, arrives. Empty until then. The first entry, which nothing comes before, is <see langword="null"/>.
    /// </summary>
    public IReadOnlyList<PromptTokenLogProb?> PromptLogProbs => throw new NotSupportedException();

    /// <summary>The tokens as they are made. Leaving the enumeration early cancels the request.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The tokens in order; the last one carries the finish reason. None where the request asks for none.</returns>
    /// <exception cref="InvalidOperationException">The tokens are being enumerated already.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled, by this token or another way.</exception>
    /// <exception cref="NemotronHException">The generation failed; the message says why.</exception>
    public IAsyncEnumerable<GeneratedToken> ReadAllAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Cancels the request if it still waits or runs; its slot is free again within one step. Returns when it has left the engine.</summary>
    /// <returns>A task that ends then.</returns>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
