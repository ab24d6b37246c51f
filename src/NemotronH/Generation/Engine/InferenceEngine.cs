using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
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
    private readonly LanguageModel _model;
    private readonly PrefixCache _prefixes;
    private readonly IDecodeExecutor _decode;
    private readonly EngineLoop _loop;
    private readonly ILogger _logger;
    private readonly Channel<EngineSequence> _arrivals;
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _outstanding;
    private int _disposed;
    private volatile Exception? _failure;

    /// <summary>Starts an engine on a loaded model, with its caches.</summary>
    /// <param name="model">The model, the engine's alone from now on; disposed of with it.</param>
    /// <param name="options">How to share it; at most as many sequences run as its caches hold.</param>
    /// <exception cref="NemotronHException">An option is out of its range.</exception>
    public InferenceEngine(LanguageModel model, EngineOptions? options = null)
        : this(model ?? throw new ArgumentNullException(nameof(model)), options ?? new EngineOptions(), Executor(model.Runner))
    {
    }

    /// <summary>Starts an engine that decodes in another way.</summary>
    internal InferenceEngine(LanguageModel model, EngineOptions options, IDecodeExecutor decode)
    {
        options.Validate();
        Caching.ModelCache cache = model.Runner.Cache;
        _model = model;
        _logger = options.LoggerFactory?.CreateLogger<InferenceEngine>() ?? NullLogger<InferenceEngine>.Instance;
        Options = options with { Model = model.Options, MaxSequences = Math.Min(options.MaxSequences, model.Options.MaxSequences) };
        EosTokenIds = StopConditions.EndOfText(model);
        _prefixes = new PrefixCache(cache, options.PrefixCacheBytes, CachePlan.PageBytes(model.Config, cache.Options));
        _decode = decode;
        _arrivals = Channel.CreateBounded<EngineSequence>(new BoundedChannelOptions(MostOutstanding) { SingleReader = true });
        _loop = new EngineLoop(model.Runner, _prefixes, _decode, _arrivals.Reader, Options, () => Interlocked.Decrement(ref _outstanding));
        EngineLog.Loaded(_logger, ModelName, MaxSequences, MaxContext, cache.Options.Pages, cache.Options.PageSize);
        if (model.DecodeNote is { } note)
        {
            EngineLog.NotRecorded(_logger, note);
        }

        new Thread(Run) { IsBackground = true, Name = "NemotronH engine" }.Start();
    }

    /// <summary>The options, with the number of sequences that memory allows.</summary>
    public EngineOptions Options { get; }

    /// <summary>The model's shape.</summary>
    public NemotronHConfig Config => _model.Config;

    /// <summary>The checkpoint's tokenizer, or <see langword="null"/> where it has none.</summary>
    public Tokenizer? Tokenizer => _model.Tokenizer;

    /// <summary>What the checkpoint's <c>generation_config.json</c> says, or <see langword="null"/> without one.</summary>
    public GenerationDefaults? Defaults => _model.Defaults;

    /// <summary>The tokens that end a text.</summary>
    public IReadOnlySet<int> EosTokenIds { get; }

    /// <summary>The checkpoint's directory.</summary>
    public string ModelDirectory => _model.Directory;

    /// <summary>Name of the model: that of its directory.</summary>
    public string ModelName => NameOf(_model.Directory);

    /// <summary>Most sequences that run at once.</summary>
    public int MaxSequences => Options.MaxSequences;

    /// <summary>Longest sequence in tokens, prompt and answer.</summary>
    public int MaxContext => _model.Runner.Cache.Options.MaxContext;

    /// <summary>Whether it has failed and answers nothing any more.</summary>
    public bool HasFailed => _failure is not null;

    /// <summary>Ends when the engine works no more: it is disposed of or drained, or <see cref="HasFailed"/>.</summary>
    public Task Completion => _ended.Task;

    /// <summary>What the engine is doing and has done.</summary>
    public EngineStatistics Statistics
    {
        get
        {
            EngineStatistics published = _loop.Counters.Published;
            return published with { Waiting = Math.Max(0, Volatile.Read(ref _outstanding) - published.Running) };
        }
    }

    private int MostOutstanding => (int)Math.Min(int.MaxValue, (long)Options.MaxSequences + Options.QueueLimit);

    /// <summary>Loads a checkpoint and starts an engine on it.</summary>
    /// <param name="directory">The checkpoint's directory.</param>
    /// <param name="options">How to load and share it.</param>
    /// <param name="progress">Told how many blocks are loaded, on a thread of the engine's.</param>
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
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return Task.Factory.StartNew(
            () => EngineLoader.Load(directory, options ?? new EngineOptions(), progress, cancellationToken),
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    /// <summary>Hands in a request. It runs as soon as a slot and memory are free, whether or not its tokens are read.</summary>
    /// <param name="request">The request. One that asks for no tokens computes its prompt, which the prefix cache keeps.</param>
    /// <param name="cancellationToken">Cancels it, at any time until it ends.</param>
    /// <returns>The generation; the caller disposes.</returns>
    /// <exception cref="RequestException">The request can never run: an empty or too long prompt, an id or option out of its range.</exception>
    /// <exception cref="NemotronHException">The engine has failed.</exception>
    /// <exception cref="EngineBusyException">The queue is full, or the engine is being drained.</exception>
    /// <exception cref="ObjectDisposedException">The engine is disposed of.</exception>
    public EngineGeneration Submit(EngineRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        RequestChecks.Verify(request, _model);
        var sequence = new EngineSequence(request, _model, () => _wake.Set());
        if (Interlocked.Increment(ref _outstanding) > MostOutstanding)
        {
            Interlocked.Decrement(ref _outstanding);
            throw QueueIsFull();
        }

        sequence.Generation.CancelWith(cancellationToken);
        if (!_arrivals.Writer.TryWrite(sequence))
        {
            Interlocked.Decrement(ref _outstanding);
            sequence.Generation.Complete(null, null);
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
            throw _failure is { } failure
                ? new NemotronHException($"the engine has failed: {failure.Message}", failure)
                : new EngineBusyException("the engine is being drained and takes no new requests");
        }

        _wake.Set();
        return sequence.Generation;
    }

    /// <summary>Takes no new requests and waits until those it has, running and waiting, have ended.</summary>
    /// <param name="cancellationToken">Gives up waiting; the requests go on.</param>
    /// <returns>A task that ends when nothing runs any more.</returns>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public Task DrainAsync(CancellationToken cancellationToken = default)
    {
        CloseArrivals();
        return _ended.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Cancels what still runs, ends the engine's thread and disposes of the model.</summary>
    /// <returns>A task that ends then.</returns>
    public async ValueTask DisposeAsync()
    {
        bool first = Interlocked.Exchange(ref _disposed, 1) == 0;
        if (first)
        {
            CloseArrivals();
            await _stop.CancelAsync().ConfigureAwait(false);
            _wake.Set();
        }

        await _ended.Task.ConfigureAwait(false);
        if (first)
        {
            _decode.Dispose();
            _prefixes.Dispose();
            _model.Dispose();
            _stop.Dispose();
        }
    }

    /// <summary>Name of the model in a directory.</summary>
    internal static string NameOf(string directory) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)));

    /// <summary>Refuses a request before work is done for it that would be lost: a look ahead, <see cref="Submit"/> decides.</summary>
    /// <exception cref="EngineBusyException">The queue is full.</exception>
    internal void RefuseIfFull()
    {
        if (Volatile.Read(ref _outstanding) >= MostOutstanding)
        {
            throw QueueIsFull();
        }
    }

    private EngineBusyException QueueIsFull() => new($"{MaxSequences} requests run and {Options.QueueLimit} wait; no more can");

    private void CloseArrivals()
    {
        _arrivals.Writer.TryComplete();
        _wake.Set();
    }

    private void Run()
    {
        try
        {
            _loop.Run(_wake, _stop.Token);
        }
        catch (Exception failure)
        {
            EngineLog.Failed(_logger, failure);
            _failure = failure;
            _arrivals.Writer.TryComplete();
            _loop.Abandon(failure);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private static IDecodeExecutor Executor(ModelRunner runner)
    {
        var modules = new TorchDecodeExecutor(runner);
        return runner.Ahead is { } ahead ? new RecordedDecodeExecutor(ahead, modules) : modules;
    }
}
