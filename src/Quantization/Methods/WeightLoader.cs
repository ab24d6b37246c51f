using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Builds a model's weights: plain tensors in their final type and place, and the method that fits each quantisable module.</summary>
/// <param name="source">Where the stored tensors come from; stays open as long as anything that was loaded, because memory may be shared.</param>
/// <param name="options">Where the weights go.</param>
public sealed class WeightLoader(ITensorSource source, WeightOptions options)
{
    /// <summary>Where the stored tensors come from.</summary>
    public ITensorSource Source { get; } = source;

    /// <summary>Where the weights go and how they are computed with.</summary>
    public WeightOptions Options { get; } = options;

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
        if (stored.Dtype.ToScalarType() == dtype && Options.Device.type == DeviceType.CPU)
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
        var linear = new UnquantizedLinear(new LinearShape(module, outFeatures, inFeatures));
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
        var bank = new UnquantizedExperts(new ExpertsShape(module, experts, features, intermediate));
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
        var table = new UnquantizedEmbedding(module, rows, features);
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
            ?? throw new CheckpointException($"tensor '{name}' is missing; expected shape [{Join(shape)}]");
        if (!shape.SequenceEqual(stored.Shape.ToArray()))
        {
            throw new CheckpointException($"tensor '{name}' has shape [{Join(stored.Shape.ToArray())}]; expected [{Join(shape)}]");
        }

        return stored;
    }

    private static bool IsPlainFloat(StoredDtype dtype) =>
        dtype is StoredDtype.BFloat16 or StoredDtype.Float16 or StoredDtype.Float32 or StoredDtype.Float64;

    private static string Join(ReadOnlySpan<long> shape) => string.Join(", ", shape.ToArray());
}
