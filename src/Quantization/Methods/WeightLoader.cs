using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Builds one model's weights: plain tensors in their final type and place, and the method that fits each quantisable module.</summary>
/// <remarks>
/// A module's tensors decide how it is held, module by module (see <see cref="WeightFormats"/>); a config, where there is one, verifies.
/// Everything that the choice depends on stands in this object: loading changes nothing outside the model.
/// </remarks>
public sealed class WeightLoader
{
    private readonly QuantizationConfig? _config;
    private readonly Lazy<TileKernels> _tiles;

    /// <summary>Creates a loader.</summary>
    /// <param name="source">Where the stored tensors come from; stays open as long as anything that was loaded, because memory may be shared.</param>
    /// <param name="options">Where the weights go.</param>
    /// <param name="config">What the checkpoint's config says of its quantisation, if it says anything.</param>
    public WeightLoader(ITensorSource source, WeightOptions options, QuantizationConfig? config = null)
    {
        if (options.ComputeDtype is not (ScalarType.Float32 or ScalarType.BFloat16))
        {
            throw new ArgumentException(
                $"{nameof(WeightOptions.ComputeDtype)} is {options.ComputeDtype}; expected Float32 or BFloat16.", nameof(options));
        }

        if (options.Nvfp4Method == Nvfp4Method.Fused && (options.Device.type != DeviceType.CUDA || options.ComputeDtype != ScalarType.BFloat16))
        {
            throw new NemotronHException(
                $"NVFP4 weights cannot be applied by fused kernels in {options.ComputeDtype} on {options.Device}; expected BFloat16 on cuda, or the "
                + "method that dequantises");
        }

        Source = source;
        Options = options;
        _tiles = new Lazy<TileKernels>(() => new TileKernels(options.Device));
        _config = config;
        Workspace = new DequantizationWorkspace(options.Device, options.DequantizationBytes ?? DefaultDequantizationBytes(options.Device));
    }

    /// <summary>Where the stored tensors come from.</summary>
    public ITensorSource Source { get; }

    /// <summary>Where the weights go and how they are computed with.</summary>
    public WeightOptions Options { get; }

    /// <summary>The buffer that the model's layers share; the model that is loaded owns it.</summary>
    public DequantizationWorkspace Workspace { get; }

    /// <summary>Whether the source has a weight for a module, in any format.</summary>
    /// <param name="module">Canonical module name.</param>
    /// <returns><see langword="true"/> if it has.</returns>
    public bool Has(string module)
    {
        WeightNames names = WeightNames.OfModule(module);
        return Source.Describe(names.Weight) is not null || Source.Describe(names.WeightPacked) is not null;
    }

    /// <summary>Loads a tensor in its final type on the model's device, without a copy where it is stored that way.</summary>
    /// <param name="name">Canonical name.</param>
    /// <param name="dtype">Final type.</param>
    /// <param name="shape">Expected shape.</param>
    /// <returns>A tensor that the caller owns; its memory may be the source's.</returns>
    /// <exception cref="CheckpointException">The tensor is missing, has another shape or no numeric type.</exception>
    public Tensor Load(string name, ScalarType dtype, params ReadOnlySpan<long> shape)
    {
        StoredTensorInfo stored = Expect(name, shape);
        if (!IsPlainFloat(stored.Dtype))
        {
            throw new CheckpointException($"tensor '{name}' is stored as {stored.Dtype}; expected BFloat16, Float16, Float32 or Float64");
        }

        Tensor read = Source.Read(name);
        if (stored.Dtype.ToScalarType() == dtype && IsInPlace(read))
        {
            return read;
        }

        using (read)
        {
            Tensor final = read.to(dtype, Options.Device, copy: true);
            Source.Release(name);
            return final;
        }
    }

    /// <summary>Loads a tensor that a checkpoint may lack: the tensors decide, whatever the config promises.</summary>
    /// <param name="name">Canonical name.</param>
    /// <param name="dtype">Final type.</param>
    /// <param name="shape">Expected shape.</param>
    /// <returns>The tensor, or <see langword="null"/> where it is not stored.</returns>
    /// <exception cref="CheckpointException">The tensor has another shape.</exception>
    public Tensor? LoadOptional(string name, ScalarType dtype, params ReadOnlySpan<long> shape) =>
        Source.Describe(name) is null ? null : Load(name, dtype, shape);

    /// <summary>Loads a linear layer with the method that its stored tensors ask for; a bias is used where one is stored.</summary>
    /// <param name="module">Canonical module name, such as <c>backbone.layers.0.mixer.in_proj</c>.</param>
    /// <param name="outFeatures">Rows of the weight.</param>
    /// <param name="inFeatures">Columns of the weight.</param>
    /// <returns>The layer, ready to apply.</returns>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape or type.</exception>
    public LinearMethod LoadLinear(string module, int outFeatures, int inFeatures)
    {
        var shape = new LinearShape(module, outFeatures, inFeatures);
        LinearMethod linear = FormatOf(WeightNames.OfModule(module)) switch
        {
            WeightFormat.Unquantized => new UnquantizedLinear(shape),
            WeightFormat.Fp8 when Options.Fp8Method == Fp8Method.W8A8 => new Fp8StaticLinear(shape),
            _ => new DequantizeLinear(shape),
        };
        linear.Load(this);
        return linear;
    }

    /// <summary>Loads a bank of routed experts with the method that its stored tensors ask for.</summary>
    /// <param name="module">Canonical module name, such as <c>backbone.layers.1.mixer.experts</c>.</param>
    /// <param name="experts">Number of experts.</param>
    /// <param name="features">Input and output width of an expert.</param>
    /// <param name="intermediate">Inner width of an expert.</param>
    /// <returns>The bank, ready to apply.</returns>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape or type.</exception>
    public ExpertsMethod LoadExperts(string module, int experts, int features, int intermediate)
    {
        var bank = new DequantizeActiveExperts(new ExpertsShape(module, experts, features, intermediate));
        bank.Load(this);
        return bank;
    }

    /// <summary>Loads an embedding table with the method that its stored tensors ask for.</summary>
    /// <param name="module">Canonical module name, such as <c>backbone.embeddings</c>.</param>
    /// <param name="rows">Vocabulary size.</param>
    /// <param name="features">Width of an embedding.</param>
    /// <returns>The table, ready to look up.</returns>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape or type.</exception>
    public EmbeddingMethod LoadEmbedding(string module, int rows, int features)
    {
        EmbeddingMethod table = FormatOf(WeightNames.OfModule(module)) == WeightFormat.Unquantized
            ? new UnquantizedEmbedding(module, rows, features)
            : new DequantizeEmbedding(module, rows, features);
        table.Load(this);
        return table;
    }

    /// <summary>Checks that a tensor is stored with the expected shape.</summary>
    /// <param name="name">Canonical name.</param>
    /// <param name="shape">Expected shape.</param>
    /// <returns>What the source says of it.</returns>
    /// <exception cref="CheckpointException">It is missing or has another shape.</exception>
    public StoredTensorInfo Expect(string name, params ReadOnlySpan<long> shape)
    {
        StoredTensorInfo stored = Source.Describe(name)
            ?? throw new CheckpointException($"tensor '{name}' is missing; expected shape {TensorContract.Text(shape)}");
        if (!shape.SequenceEqual(stored.Shape.ToArray()))
        {
            throw new CheckpointException(
                $"tensor '{name}' has shape {TensorContract.Text(stored.Shape.ToArray())}; expected {TensorContract.Text(shape)}");
        }

        return stored;
    }

    /// <summary>Reads a scale that a checkpoint may lack.</summary>
    /// <param name="name">Canonical name of a float32 tensor of one element.</param>
    /// <returns>The scale, or <see langword="null"/> where none is stored.</returns>
    /// <exception cref="CheckpointException">It has another dtype or shape, or is negative or no finite number.</exception>
    public float? LoadScale(string name) => Source.Describe(name) is null ? null : ReadScales(name, null)[0];

    /// <summary>Reads one scale, or one for each matrix of a stack.</summary>
    /// <param name="name">Canonical name.</param>
    /// <param name="count">Matrices in the stack, or <see langword="null"/>.</param>
    internal float[] ReadScales(string name, long? count)
    {
        StoredTensorInfo stored = Source.Describe(name) ?? throw new CheckpointException($"tensor '{name}' is missing; expected a scale");
        bool single = stored.ElementCount == 1 && stored.Shape.Count <= 1;
        if (stored.Dtype != StoredDtype.Float32 || !(single || (stored.Shape.Count == 1 && stored.Shape[0] == count)))
        {
            string expected = count is null ? "one Float32 for the whole tensor" : $"one Float32, or [{count}]";
            throw new CheckpointException($"tensor '{name}' is {stored.Dtype} {TensorContract.Text(stored.Shape.ToArray())}; expected {expected}");
        }

        using Tensor read = Source.Read(name);
        using Tensor flat = read.reshape(-1);
        float[] scales = flat.data<float>().ToArray();
        float wrong = scales.FirstOrDefault(scale => !float.IsFinite(scale) || scale < 0);
        return wrong == 0 ? scales : throw new CheckpointException($"tensor '{name}' holds {wrong}; expected finite numbers that are not negative");
    }

    /// <summary>Whether a tensor that was read is on the model's device, so that it need not be copied there.</summary>
    /// <param name="read">What the source gave.</param>
    internal bool IsInPlace(Tensor read) =>
        read.device_type == Options.Device.type && (read.device_type == DeviceType.CPU || read.device_index == Math.Max(0, Options.Device.index));

    /// <summary>Detects how a weight is stored and lets the config verify it.</summary>
    /// <param name="names">The names of its tensors.</param>
    internal WeightFormat FormatOf(WeightNames names)
    {
        WeightFormat format = WeightFormats.Detect(Source, names);
        _config?.Verify(names.Owner, format.ToPrecision());
        return format;
    }

    /// <summary>Reads a quantised weight.</summary>
    /// <param name="names">The names of its tensors.</param>
    /// <param name="shape">[N, K], or [E, N, K].</param>
    internal QuantizedWeight LoadQuantized(WeightNames names, params ReadOnlySpan<long> shape) =>
        new QuantizedWeightReader(this).Read(names, WeightFormats.Detect(Source, names), shape);

    /// <summary>Brings a weight into the form in which kernels decode it, where they are to; else leaves it as it is.</summary>
    /// <param name="weight">A quantised weight; taken over.</param>
    internal QuantizedWeight Repack(QuantizedWeight weight) =>
        Options.Nvfp4Method == Nvfp4Method.Fused ? Nvfp4TilesWeight.Repack(weight, _tiles.Value) : weight;

    private static long DefaultDequantizationBytes(Device device) => device.type == DeviceType.CPU ? 64L << 20 : 256L << 20;

    private static bool IsPlainFloat(StoredDtype dtype) =>
        dtype is StoredDtype.BFloat16 or StoredDtype.Float16 or StoredDtype.Float32 or StoredDtype.Float64;
}
