using NemotronH.Configuration;
using NemotronH.Text;

namespace NemotronH.Generation;

/// <summary>Serves many requests with one model: sequences join and leave a running batch between its steps.</summary>
/// <remarks>
/// All members are thread-safe. One thread of the engine's own does all work on tensors; requests that find no slot or no memory wait, first come, first
/// served.
/// </remarks>
public sealed class InferenceEngine : IAsyncDisposable
{
    /// <summary>Starts an engine on a loaded model, with its caches.</summary>
    /// <param name="model">The model, the engine's alone from now on; disposed of with it.</param>
    /// <param name="options">How to share it; at most as many sequences run as its caches hold.</param>
    /// <exception cref="NemotronHException">An option is out of its range.</exception>
    public InferenceEngine(LanguageModel model, EngineOptions? options = null) => throw new NotSupportedException();

    /// <summary>The options, with the number of sequences that memory allows.</summary>
    public EngineOptions Options => throw new NotSupportedException();

    /// <summary>The model's shape.</summary>
    public NemotronHConfig Config => throw new NotSupportedException();

    /// <summary>The checkpoint's tokenizer, or <see langword="null"/> where it has none.</summary>
    public Tokenizer? Tokenizer => throw new NotSupportedException();

    /// <summary>What the checkpoint's <c>generation_config.json</c> says, or <see langword="null"/> without one.</summary>
    public GenerationDefaults? Defaults => throw new NotSupportedException();

    /// <summary>The checkpoint's directory.</summary>
    public string ModelDirectory => throw new NotSupportedException();

    /// <summary>Name of the model: that of its directory.</summary>
    public string ModelName => throw new NotSupportedException();

    /// <summary>Most sequences that run at once.</summary>
    public int MaxSequences => throw new NotSupportedException();

    /// <summary>Longest sequence in tokens, prompt and answer.</summary>
    public int MaxContext => throw new NotSupportedException();

    /// <summary>What the engine is doing and has done.</summary>
    public EngineStatistics Statistics => throw new NotSupportedException();

    /// <summary>Loads a checkpoint and starts an engine on it.</summary>
    /// <param name="directory">The checkpoint's directory.</param>
    /// <param name="options">How to load and share it.</param>
    /// <param name="progress">Told how many blocks are loaded, on the engine's thread.</param>
    /// <param name="cancellationToken">Gives up loading.</param>
    /// <returns>The engine; the caller disposes.</returns>
    /// <exception cref="NemotronHException">
    /// A file or tensor is missing or not what it should be, an option is out of its range, or not even one sequence fits into memory.
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static Task<InferenceEngine> LoadAsync(
        string directory,
        EngineOptions? options = null,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Hands in a request. It runs as soon as a slot and memory are free, whether or not its tokens are read.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels it, at any time until it ends.</param>
    /// <returns>The generation; the caller disposes.</returns>
    /// <exception cref="NemotronHException">The request can never run: an empty or too long prompt, an id or option out of its range.</exception>
    /// <exception cref="EngineBusyException">The queue is full, or the engine is being drained.</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed of.</exception>
    public EngineGeneration Submit(EngineRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Takes no new requests and waits until those it has, running and waiting, have ended.</summary>
    /// <param name="cancellationToken">Gives up waiting; the requests go on.</param>
    /// <returns>A task that ends when nothing runs any more.</returns>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public Task DrainAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Cancels what still runs, ends the engine's thread and disposes of the model.</summary>
    /// <returns>A task that ends then.</returns>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
