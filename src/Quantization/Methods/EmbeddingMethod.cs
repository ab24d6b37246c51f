using NemotronH.Kernels.Cuda.Products;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>One way to hold an embedding table; tied models also use it as the output head.</summary>
/// <param name="module">Canonical module name.</param>
/// <param name="rows">Vocabulary size V.</param>
/// <param name="features">Width H of an embedding.</param>
public abstract class EmbeddingMethod(string module, int rows, int features) : nn.Module<Tensor, Tensor>(module)
{
    /// <summary>Canonical module name.</summary>
    public string ModuleName { get; } = module;

    /// <summary>Vocabulary size V.</summary>
    public int Rows { get; } = rows;

    /// <summary>Width H of an embedding.</summary>
    public int Features { get; } = features;

    /// <summary>Short name of the format the table is held in.</summary>
    public abstract string Format { get; }

    /// <summary>Bytes of memory the table takes.</summary>
    public abstract long WeightBytes { get; }

    /// <summary>The table as it lies in a GPU's memory, for kernels that read it there.</summary>
    public abstract DeviceWeight DeviceWeight { get; }

    /// <summary>Takes the table's tensors from a checkpoint.</summary>
    /// <param name="loader">The model's weight loader.</param>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape or type.</exception>
    public abstract void Load(WeightLoader loader);

    /// <summary>Looks tokens up.</summary>
    /// <param name="input">[T] int64 token ids, each in [0, V).</param>
    /// <returns>[T, H] in the compute dtype.</returns>
    public abstract override Tensor forward(Tensor input);

    /// <summary>Scores hidden states against every embedding: the head of a model with tied embeddings.</summary>
    /// <param name="hidden">[T, H] in the compute dtype.</param>
    /// <returns>[T, V] in the compute dtype.</returns>
    public abstract Tensor Score(Tensor hidden);

    /// <summary>Refused: weights stay where they were loaded to.</summary>
    /// <inheritdoc/>
    protected sealed override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) => throw Immovable.Refusal(ModuleName);

    /// <summary>Refused: weights stay where they were loaded to.</summary>
    /// <inheritdoc/>
    protected sealed override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => throw Immovable.Refusal(ModuleName);

    /// <summary>Refused: weights stay in the type they were loaded in.</summary>
    /// <inheritdoc/>
    protected sealed override nn.Module _to(ScalarType dtype, bool non_blocking) => throw Immovable.Refusal(ModuleName);
}
