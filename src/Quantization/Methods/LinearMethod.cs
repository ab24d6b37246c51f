using NemotronH.Kernels.Cuda.Products;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>One way to hold a linear layer's weight and to multiply by it: a strategy chosen per layer by the tensors on disk.</summary>
/// <remarks>The steps are those that serving engines share: create, load, process after loading, apply (<see cref="forward"/>).</remarks>
/// <param name="shape">Identity and size of the layer.</param>
public abstract class LinearMethod(LinearShape shape) : nn.Module<Tensor, Tensor>(shape.Module)
{
    /// <summary>Identity and size of the layer.</summary>
    public LinearShape Shape { get; } = shape;

    /// <summary>Short name of the format the weight is held in, such as <c>bf16</c> or <c>nvfp4</c>.</summary>
    public abstract string Format { get; }

    /// <summary>Bytes of memory the weights take.</summary>
    public abstract long WeightBytes { get; }

    /// <summary>The weight as it lies in a GPU's memory, for kernels that read it there.</summary>
    /// <exception cref="NemotronHException">This way of holding the weight has no such kernels.</exception>
    public abstract DeviceWeight DeviceWeight { get; }

    /// <summary>The bias [N] in the compute dtype, or <see langword="null"/>.</summary>
    public abstract Tensor? Bias { get; }

    /// <summary>Takes the layer's tensors from a checkpoint and brings them into the form that <see cref="forward"/> reads.</summary>
    /// <param name="loader">The model's weight loader.</param>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape or type.</exception>
    public void Load(WeightLoader loader)
    {
        LoadWeights(loader);
        ProcessAfterLoading(loader);
        RegisterComponents();
    }

    /// <summary>Takes the stored tensors from the source.</summary>
    /// <param name="loader">The model's weight loader.</param>
    protected abstract void LoadWeights(WeightLoader loader);

    /// <summary>Converts what was loaded into the form that is applied; nothing by default.</summary>
    /// <param name="loader">The model's weight loader.</param>
    protected virtual void ProcessAfterLoading(WeightLoader loader)
    {
    }

    /// <summary>Multiplies by the weight.</summary>
    /// <param name="input">[T, K] in the compute dtype.</param>
    /// <returns>[T, N] in the compute dtype: input times the transposed weight, plus the bias if there is one.</returns>
    public abstract override Tensor forward(Tensor input);

    /// <summary>Refused: weights stay where they were loaded to.</summary>
    /// <inheritdoc/>
    protected sealed override nn.Module _to(Device device, ScalarType dtype, bool non_blocking) => throw Immovable.Refusal(Shape.Module);

    /// <summary>Refused: weights stay where they were loaded to.</summary>
    /// <inheritdoc/>
    protected sealed override nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => throw Immovable.Refusal(Shape.Module);

    /// <summary>Refused: weights stay in the type they were loaded in.</summary>
    /// <inheritdoc/>
    protected sealed override nn.Module _to(ScalarType dtype, bool non_blocking) => throw Immovable.Refusal(Shape.Module);
}
