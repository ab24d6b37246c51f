using NemotronH.Benchmarks;
using NemotronH.Caching;
using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Loading;
using NemotronH.Configuration;
using NemotronH.Generation;
using NemotronH.Generation.Recorded;
using NemotronH.Kernels.Runtime;
using NemotronH.Modules;
using NemotronH.Quantization;
using NemotronH.Text;
using static TorchSharp.torch;

namespace NemotronH;

/// <summary>A loaded checkpoint: the model, its tokenizer and its defaults, ready to generate.</summary>
/// <remarks>Not thread-safe. Whoever enumerates a generation runs the model on the enumerating thread.</remarks>
public sealed class LanguageModel : IDisposable
{
    private readonly Checkpoint _checkpoint;
    private readonly NemotronHModel _model;
    private readonly ModelCache _cache;
    private readonly RecordedDecoder? _decoder;
    private bool _isDisposed;

    private LanguageModel(
        string directory,
        ModelOptions options,
        Checkpoint checkpoint,
        NemotronHConfig config,
        IProgress<int>? progress,
        PlanCaches? plan,
        Action<ModelMemory>? planned,
        IProgress<LoadingProgress>? reading)
    {
        if (options.PrefillChunk < 1)
        {
            throw new NemotronHException($"the prefill chunk is {options.PrefillChunk} tokens; expected at least 1");
        }

        _checkpoint = checkpoint;
        Config = config;
        Options = plan?.Invoke(config, checkpoint, ModelCaches.Of(options, config)) ?? options;
        Defaults = GenerationConfigReader.Load(directory);
        Tokenizer = File.Exists(Path.Join(directory, "tokenizer.json")) ? Tokenizer.Load(directory) : null;
        CacheOptions caches = ModelCaches.Of(Options, config);
        CacheBudget.Verify(config, caches);
        var placement = new ModelPlacement(caches.Device, "take fewer sequences, a shorter context or a smaller model");
        placement.VerifyFit(directory, EngineLoader.WeightBytes(checkpoint, caches.ComputeDtype), CacheBudget.Bytes(config, caches));
        WeightOptions weights = ModelWeights.Of(Options, caches) with { PackForFewRows = SmallModel.Decodes(config, caches) };
        Memory = PlanMemory(config, checkpoint, caches, weights);
        Options = Options with { Nvfp4Method = weights.Nvfp4Method, PrefillChunk = Memory.PrefillChunk };
        planned?.Invoke(Memory);
        using StagedSource? staged = Stage(config, checkpoint, caches.Device);
        ITensorSource source = staged is null ? checkpoint : staged;
        if (reading is not null)
        {
            source = new ReportingSource(source, checkpoint.Tensors.Sum(tensor => tensor.ByteCount), reading);
        }

        var loader = new WeightLoader(source, weights, QuantizationConfigReader.Read(directory));
        try
        {
            _model = placement.Weights(config, loader, options.HfTimeStepClamp, progress);
            checkpoint.ThrowIfUnused($"the tensors of {config.Layers.Length} layers, embeddings, norm_f and lm_head");
            _cache = placement.Caches(config, ModelCaches.AreRecorded(caches) ? ModelCaches.WithPadding(caches) : caches);
            var steps = new RecordedDecoderOptions { MaxBatch = Math.Min(Options.MaxSequences, DecodeBuckets.Max), UseGraph = Options.UseCudaGraph };
            (_decoder, DecodeNote) = ModelCaches.AreRecorded(caches) ? placement.Decoder(_model, _cache, steps) : (null, null);
        }
        catch
        {
            DisposeModel();
            throw;
        }

        Runner = new ModelRunner(_model, _cache, Options.PrefillChunk)
        {
            Decoder = _decoder,
            Ahead = _decoder is null ? null : new RunAheadDecoder(_decoder),
        };
    }

    /// <summary>Cuts caches to memory, between the reading of a checkpoint's headers and that of its weights.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="caches">Caches as the options would have them.</param>
    /// <returns>The options to go on with.</returns>
    internal delegate ModelOptions PlanCaches(NemotronHConfig config, Checkpoint checkpoint, CacheOptions caches);

    /// <summary>The checkpoint's directory.</summary>
    public string Directory => _checkpoint.Path;

    /// <summary>The model's shape.</summary>
    public NemotronHConfig Config { get; }

    /// <summary>The options it was loaded with; how NVFP4 weights are applied is settled in them.</summary>
    public ModelOptions Options { get; }

    /// <summary>What the checkpoint's <c>generation_config.json</c> says, or <see langword="null"/> without one.</summary>
    public GenerationDefaults? Defaults { get; }

    /// <summary>The checkpoint's tokenizer, or <see langword="null"/> where it has none.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>Why the modules decode on a GPU where kernels of our own could, were the model of another shape; else <see langword="null"/>.</summary>
    public string? DecodeNote { get; }

    /// <summary>What it takes of its device's memory, as it was planned before it was loaded.</summary>
    public ModelMemory Memory { get; }

    /// <summary>Runs the model over its caches.</summary>
    public ModelRunner Runner { get; }

    /// <summary>Loads a checkpoint directory: <c>config.json</c>, safetensors, and tokenizer files where there are any.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="options">How to load and run it.</param>
    /// <param name="progress">Told how many blocks are loaded.</param>
    /// <param name="planned">Told what it is going to take, before weights are loaded; may refuse by an exception.</param>
    /// <param name="reading">Told how many bytes of weights are placed.</param>
    /// <returns>The model; the caller disposes.</returns>
    /// <exception cref="NemotronHException">
    /// A file or tensor is missing or not what it should be, or the model does not fit its GPU; the message names what is wrong.
    /// </exception>
    public static LanguageModel Load(
        string directory,
        ModelOptions? options = null,
        IProgress<int>? progress = null,
        Action<ModelMemory>? planned = null,
        IProgress<LoadingProgress>? reading = null) =>
        Load(directory, options ?? new ModelOptions(), progress, plan: null, planned, reading);

    /// <summary>Loads a checkpoint directory with caches that are planned once its size is known.</summary>
    internal static LanguageModel Load(
        string directory, ModelOptions options, IProgress<int>? progress, PlanCaches? plan, Action<ModelMemory>? planned, IProgress<LoadingProgress>? reading)
    {
        LibTorch.EnsureLoaded();
        NemotronHConfig config = NemotronHConfigReader.Load(directory);
        Checkpoint checkpoint = Checkpoint.Open(directory);
        try
        {
            CheckpointCompleteness.Verify(checkpoint, config);
            return new LanguageModel(directory, options, checkpoint, config, progress, plan, planned, reading);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Continues a text.</summary>
    /// <param name="prompt">The text, special tokens recognised.</param>
    /// <param name="options">What to generate and when to stop.</param>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The continuation in pieces, as it is made; never half a character.</returns>
    /// <exception cref="NemotronHException">The checkpoint has no tokenizer, or the prompt is empty or longer than the context.</exception>
    public IEnumerable<string> Generate(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        using GenerationRun run = Start(Encode(prompt), options);
        while (run.MoveNext(cancellationToken))
        {
            yield return run.Text;
        }
    }

    /// <summary>Starts to continue a sequence of tokens.</summary>
    /// <param name="promptIds">Token ids, at least one.</param>
    /// <param name="options">What to generate and when to stop.</param>
    /// <returns>The generation, not yet begun; it takes a sequence slot until it is disposed.</returns>
    /// <exception cref="RequestException">The prompt is empty or longer than the context, or an id lies outside the vocabulary.</exception>
    public GenerationRun Start(IReadOnlyList<int> promptIds, GenerationOptions? options = null) =>
        new(this, promptIds, options ?? new GenerationOptions());

    /// <summary>Turns a prompt into token ids.</summary>
    /// <param name="prompt">The text, special tokens recognised.</param>
    /// <returns>Token ids, with what the tokenizer's post-processor adds.</returns>
    /// <exception cref="NemotronHException">The checkpoint has no tokenizer.</exception>
    public IReadOnlyList<int> Encode(string prompt) =>
        (Tokenizer ?? throw new NemotronHException($"'{_checkpoint.Path}' has no tokenizer.json; give token ids instead of text")).Encode(prompt);

    /// <summary>Scores every position of a sequence of tokens.</summary>
    /// <param name="ids">Token ids, at least one.</param>
    /// <param name="decodeFrom">From this position on the ids go through the decode step one at a time; <see langword="null"/> prefills all.</param>
    /// <param name="cancellationToken">Checked between pieces of the prompt and between decoded tokens.</param>
    /// <returns>[n, V] float32 on the CPU; the caller disposes.</returns>
    /// <exception cref="RequestException">There are no ids or too many, or one lies outside the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public Tensor ComputeLogits(IReadOnlyList<int> ids, int? decodeFrom = null, CancellationToken cancellationToken = default)
    {
        CheckPrompt(ids);
        int[] tokens = [.. ids];
        int prefilled = decodeFrom ?? tokens.Length;
        if (prefilled < 0 || prefilled > tokens.Length)
        {
            throw new NemotronHException($"cannot decode from position {prefilled} of {tokens.Length} tokens; expected 0 to {tokens.Length}");
        }

        CachedSequence sequence = _cache.Add();
        var pieces = new List<Tensor>();
        try
        {
            if (prefilled > 0)
            {
                pieces.Add(Runner.PrefillAll(sequence, tokens.AsMemory(0, prefilled), cancellationToken));
            }

            foreach (int token in tokens.Skip(prefilled))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using Tensor logits = Runner.Decode([(sequence, token)]);
                pieces.Add(logits.cpu());
            }

            return cat(pieces, 0);
        }
        finally
        {
            pieces.ForEach(piece => piece.Dispose());
            _cache.Remove(sequence);
        }
    }

    /// <summary>Checks token ids that are about to be run.</summary>
    /// <param name="ids">Token ids.</param>
    /// <exception cref="RequestException">There are none or too many, or one lies outside the vocabulary.</exception>
    internal void CheckPrompt(IReadOnlyList<int> ids)
    {
        if (ids.Count == 0)
        {
            throw new RequestException("the prompt has no tokens; expected at least one");
        }

        int context = _cache.Options.MaxContext;
        if (ids.Count > context)
        {
            throw new PromptTooLongException($"the prompt has {ids.Count} tokens; the context holds {context}");
        }

        for (int i = 0; i < ids.Count; i++)
        {
            if (ids[i] < 0 || ids[i] >= Config.VocabSize)
            {
                throw new RequestException($"token id {ids[i]} at position {i} is outside the vocabulary; expected 0 to {Config.VocabSize - 1}");
            }
        }
    }

    /// <summary>Reads ahead through pinned memory, if that is asked for and the weights go to a GPU.</summary>
    private StagedSource? Stage(NemotronHConfig config, Checkpoint checkpoint, Device device)
    {
        const int Buffers = 64, BufferBytes = 8 << 20;
        return Options.LoadReaders > 0 && device.type == TorchSharp.DeviceType.CUDA
            ? new StagedSource(checkpoint, config, device, new PinnedStagingMemory(device, Buffers, BufferBytes), Options.LoadReaders)
            : null;
    }

    /// <summary>Adds up what the model takes; on a GPU, refuses what does not fit. On the CPU weights stay in the files' pages.</summary>
    private ModelMemory PlanMemory(NemotronHConfig config, Checkpoint checkpoint, CacheOptions caches, WeightOptions weights)
    {
        var inventory = WeightInventory.Of(config, checkpoint, CacheBudget.Size(caches.ComputeDtype));
        CacheOptions held = ModelCaches.AreRecorded(caches) ? ModelCaches.WithPadding(caches) : caches;
        bool onGpu = caches.Device.type == TorchSharp.DeviceType.CUDA;
        long free = DeviceAllocation.FreeOn(caches.Device);
        long capacity = onGpu ? DeviceMemory.Total(Math.Max(0, caches.Device.index)) : free;
        ModelMemory memory = ModelMemoryPlan.Make(config, inventory, held, Options.PrefillChunk, weights, free, capacity);
        if (onGpu)
        {
            memory.Verify(caches.Device.ToString());
        }

        return memory;
    }

    private void DisposeModel()
    {
        _decoder?.Dispose();
        _cache?.Dispose();
        _model?.Dispose();
    }

    /// <summary>Frees the model and its caches; a second time does nothing.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            DisposeModel();
            _checkpoint.Dispose();
        }
    }
}
