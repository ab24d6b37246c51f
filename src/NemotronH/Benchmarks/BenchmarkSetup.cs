using NemotronH.Caching;
using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Generation;
using NemotronH.Generation.Recorded;
using NemotronH.Kernels.Interop;
using NemotronH.Kernels.Runtime;
using NemotronH.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Benchmarks;

/// <summary>The options of a benchmark with everything settled that they leave open, and where the weights come from.</summary>
internal sealed class BenchmarkSetup : IDisposable
{
    private readonly Checkpoint? _checkpoint;

    /// <summary>Settles what is open; opens the checkpoint where there is one.</summary>
    /// <param name="options">What to measure.</param>
    /// <exception cref="NemotronHException">The options do not fit the model or the device.</exception>
    public BenchmarkSetup(BenchmarkOptions options)
    {
        Options = options;
        Config = options.Layers is int layers ? LayerCut.First(options.Config, layers) : options.Config;
        Device = options.Device ?? (cuda.is_available() ? CUDA : CPU);
        bool gpu = Device.type == DeviceType.CUDA;
        Dtype = options.Dtype ?? (gpu ? ScalarType.BFloat16 : ScalarType.Float32);
        int elementBytes = CacheBudget.Size(Dtype);
        RandomLayout? layout = options.RandomWeights is { } precision ? RandomLayout.Of(options.Config, precision) : null;
        Layout = layout?.Description;
        KeyValueDtype = options.KeyValueDtype ?? (layout?.KvCache == KvCachePrecision.Fp8 ? AtenInterop.Float8E4M3 : Dtype);
        if (layout is not null)
        {
            // The plan is that of the whole model: what a layer's precision depends on may lie behind the cut.
            RandomTensor[] tensors = [.. layout.Enumerate(Config, layout.Plan(options.Config))];
            Inventory = WeightInventory.Of(tensors, elementBytes);
            Source = new SyntheticWeights(Config, tensors, Device);
        }
        else
        {
            _checkpoint = Checkpoint.Open(options.Checkpoint ?? throw new NemotronHException("there are neither random weights nor a checkpoint; expected one"));
            Quantization = QuantizationConfigReader.Read(options.Checkpoint);
            Inventory = WeightInventory.Of(Config, _checkpoint, elementBytes);
            Source = _checkpoint;
        }

        Traffic = new StepTrafficModel(Config, Inventory, CacheBudget.Size(KeyValueDtype), elementBytes, CacheBudget.Size(ConvDtype));
        IsRecorded = gpu && Dtype == ScalarType.BFloat16 && KeyValueDtype != ScalarType.Float32;
        if (Methods.Contains(Nvfp4Method.Fused) && !(gpu && Dtype == ScalarType.BFloat16))
        {
            throw new NemotronHException($"NVFP4 weights cannot be applied by fused kernels in {Dtype} on {Device}; expected BFloat16 on cuda");
        }

        if (options.Profile && !IsRecorded)
        {
            throw new NemotronHException($"kernels cannot be profiled in {Dtype} on {Device}; expected BFloat16 on cuda, and keys and values in 16 bits or less");
        }

        if (IsRecorded && MaxBatch > DecodeBuckets.Max)
        {
            throw new NemotronHException($"a batch of {MaxBatch} is too large; a GPU's decode steps take at most {DecodeBuckets.Max} sequences");
        }
    }

    /// <summary>What was asked for.</summary>
    public BenchmarkOptions Options { get; }

    /// <summary>The model's shape, cut to the layers that are run.</summary>
    public NemotronHConfig Config { get; }

    /// <summary>Where it runs.</summary>
    public Device Device { get; }

    /// <summary>Compute dtype.</summary>
    public ScalarType Dtype { get; }

    /// <summary>Type of cached keys and values.</summary>
    public ScalarType KeyValueDtype { get; }

    /// <summary>Where the precisions of random weights are known from.</summary>
    public string? Layout { get; }

    /// <summary>The weights.</summary>
    public ITensorSource Source { get; }

    /// <summary>What the weights' config says, for a checkpoint.</summary>
    public QuantizationConfig? Quantization { get; }

    /// <summary>What the weights take.</summary>
    public WeightInventory Inventory { get; }

    /// <summary>What a step moves.</summary>
    public StepTrafficModel Traffic { get; }

    /// <summary>Whether decode steps run our own kernels.</summary>
    public bool IsRecorded { get; }

    /// <summary>Ways to apply NVFP4 weights.</summary>
    public IReadOnlyList<Nvfp4Method> Methods =>
        Options.Nvfp4Methods.Count > 0 ? Options.Nvfp4Methods : [IsRecorded ? Nvfp4Method.Fused : Nvfp4Method.Dequantize];

    /// <summary>The largest batch.</summary>
    public int MaxBatch => Options.Batches.Append(1).Max();

    /// <summary>How weights are held; the way to apply NVFP4 is left open.</summary>
    public WeightOptions Weights => new()
    {
        Device = Device,
        ComputeDtype = Dtype,
        GroupedExperts = Options.FastPrefill && Device.type == DeviceType.CUDA,
        ResidentExperts = Options.ResidentExperts,
        PackedRowsPerExpert = Options.PackedRowsPerExpert,
    };

    /// <summary>Sizes of the caches: the sequences of the largest batch, or the longest prompt; and a place for rows that stand empty.</summary>
    public CacheOptions Caches
    {
        get
        {
            int decoded = (int)Math.Min((long)Options.Context + Options.Generate, int.MaxValue), prompt = Options.Prompts.Append(1).Max();
            var caches = new CacheOptions
            {
                MaxSequences = MaxBatch + 1,
                MaxContext = Math.Max(decoded, prompt),
                Device = Device,
                ComputeDtype = Dtype,
                ConvDtype = ConvDtype,
                KeyValueDtype = KeyValueDtype,
                PackedAttention = Options.FastPrefill,
            };
            long pages = Math.Max((long)MaxBatch * caches.PagesFor(decoded), caches.PagesFor(prompt)) + 1;
            return caches with { Pages = (int)Math.Min(pages, int.MaxValue) };
        }
    }

    private ScalarType ConvDtype => CacheOptions.ConvDtypeFor(Device, Dtype);

    /// <summary>What all of it takes.</summary>
    /// <exception cref="NemotronHException">The caches have more rows than can be addressed.</exception>
    public MemoryPlan PlanMemory()
    {
        CacheOptions caches = Caches;
        if ((long)caches.Pages * caches.PageSize > int.MaxValue)
        {
            throw new NemotronHException(
                $"caches for {MaxBatch} sequences of {caches.MaxContext} tokens are more than can be addressed: "
                + "take fewer sequences (--batch) or a shorter context (--context, --prompt)");
        }

        ModelMemory prefill = PlanPrefill(caches);
        return new(Inventory.Bytes + prefill.ExpertCopies, Traffic.CacheBytes(caches), Math.Max(BufferBytes(), prefill.Workspace), DeviceAllocation.FreeOn(Device));
    }

    /// <inheritdoc/>
    public void Dispose() => _checkpoint?.Dispose();

    /// <summary>What prompts take: the largest pass, and copies of experts.</summary>
    private ModelMemory PlanPrefill(CacheOptions caches)
    {
        int tokens = Math.Min(Options.PrefillChunks.Max(), Options.Prompts.Append(1).Max());
        return ModelMemoryPlan.Make(Config, Inventory, caches, tokens, Weights, long.MaxValue);
    }

    /// <summary>The largest piece that a decode step dequantises at once; nothing where kernels decode the weights as they lie.</summary>
    private long BufferBytes()
    {
        if (!IsRecorded || !Methods.Contains(Nvfp4Method.Dequantize))
        {
            return 0;
        }

        long active = Config.Moe is { } moe ? Math.Min(moe.NumExperts, (long)moe.TopK * DecodeBuckets.Of(MaxBatch)) : 0;
        return Inventory.Weights.Where(weight => weight.IsQuantized && weight.Planned.Role != TensorRole.Embedding)
            .Select(weight => 2 * weight.Planned.ElementCount * (weight.Planned.Role == TensorRole.ExpertWeight ? active : 1))
            .Append(0)
            .Max();
    }
}
