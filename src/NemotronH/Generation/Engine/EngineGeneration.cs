using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace NemotronH.Generation;

/// <summary>A request on its way through an <see cref="InferenceEngine"/>: its tokens as they are made.</summary>
/// <remarks>Its properties may be read from any thread. One reader enumerates the tokens, once.</remarks>
public sealed class EngineGeneration : IAsyncDisposable
{
    private readonly Channel<GeneratedToken> _tokens;
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action _wake;
    private readonly GenerationClock _clock = new();
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _registration;
    private int _cachedTokens;
    private int _completionTokens;
    private int _read;
    private volatile bool _isCancelled;
    private volatile object? _finishReason;
    private volatile IReadOnlyList<PromptTokenLogProb?> _promptLogProbs = [];

    /// <summary>Creates the caller's end of a request.</summary>
    /// <param name="promptTokens">Tokens of the prompt.</param>
    /// <param name="limit">Most tokens that it gives: the engine never waits for its reader.</param>
    /// <param name="wake">Tells the engine that it was cancelled.</param>
    internal EngineGeneration(int promptTokens, int limit, Action wake)
    {
        PromptTokens = promptTokens;
        _wake = wake;
        _tokens = Channel.CreateBounded<GeneratedToken>(new BoundedChannelOptions(limit) { SingleWriter = true, SingleReader = true });
    }

    /// <summary>Token counts so far.</summary>
    public GenerationUsage Usage => new(PromptTokens, Volatile.Read(ref _cachedTokens), Volatile.Read(ref _completionTokens));

    /// <summary>How long it waited and ran so far.</summary>
    public EngineTimings Timings => _clock.Timings;

    /// <summary>Why the generation ended; <see langword="null"/> while it goes on, and after a cancellation or a failure.</summary>
    public FinishReason? FinishReason => (FinishReason?)_finishReason;

    /// <summary>
    /// Log-probability of each prompt token given those before it, where <see cref="EngineRequest.PromptLogProbs"/> asked for it: complete when the first
    /// token, or the end of the enumeration, arrives. Empty until then. The first entry, which nothing comes before, is <see langword="null"/>.
    /// </summary>
    public IReadOnlyList<PromptTokenLogProb?> PromptLogProbs
    {
        get => _promptLogProbs;
        internal set => _promptLogProbs = value;
    }

    /// <summary>What a reader of a cancelled request gets.</summary>
    internal OperationCanceledException Cancellation => new(
        "The request was cancelled.",
        _cancellationToken.IsCancellationRequested ? _cancellationToken : default);

    /// <summary>Whether the request is no longer wanted.</summary>
    internal bool IsCancelled => _isCancelled;

    private int PromptTokens { get; }

    /// <summary>The tokens as they are made. Leaving the enumeration early cancels the request.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The tokens in order; the last one carries the finish reason. None where the request asks for none.</returns>
    /// <exception cref="InvalidOperationException">The tokens are being enumerated already.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled, by this token or another way.</exception>
    /// <exception cref="NemotronHException">The generation failed; the message says why.</exception>
    public async IAsyncEnumerable<GeneratedToken> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _read, 1) != 0)
        {
            throw new InvalidOperationException("The tokens of a generation are enumerated once.");
        }

        try
        {
            await foreach (GeneratedToken token in _tokens.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return token;
            }
        }
        finally
        {
            Cancel();
        }
    }

    /// <summary>Cancels the request if it still waits or runs; its slot is free again within one step. Returns when it has left the engine.</summary>
    /// <returns>A task that ends then.</returns>
    public async ValueTask DisposeAsync()
    {
        Cancel();
        await _left.Task.ConfigureAwait(false);
    }

    /// <summary>Asks the engine to drop the request; does nothing once it has ended.</summary>
    internal void Cancel()
    {
        if (!_left.Task.IsCompleted && !_isCancelled)
        {
            _isCancelled = true;
            _wake();
        }
    }

    /// <summary>Lets a token cancel the request.</summary>
    internal void CancelWith(CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        _registration = cancellationToken.UnsafeRegister(static generation => ((EngineGeneration)generation!).Cancel(), this);
    }

    /// <summary>Notes that it has a slot.</summary>
    internal void Start(int cachedTokens)
    {
        Volatile.Write(ref _cachedTokens, cachedTokens);
        _clock.Start();
    }

    /// <summary>Hands a token over.</summary>
    internal void Emit(GeneratedToken token)
    {
        _clock.Token();
        Volatile.Write(ref _completionTokens, _completionTokens + 1);
        _finishReason = token.FinishReason;
        _tokens.Writer.TryWrite(token);
    }

    /// <summary>Ends it, after the engine has freed what it held.</summary>
    /// <param name="reason">Why, where it ended by itself.</param>
    /// <param name="failure">Why, where it did not.</param>
    internal void Complete(FinishReason? reason, Exception? failure)
    {
        _finishReason = reason;
        _registration.Unregister();
        _left.TrySetResult();
        _tokens.Writer.TryComplete(failure);
    }
}
