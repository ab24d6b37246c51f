using NemotronH.Kernels.Cuda.Products;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>One way to hold a bank of routed experts and to run the chosen ones: a strategy chosen per bank by the tensors on disk.</summary>
/// <param name="shape">Identity and size of the bank.</param>
public abstract class ExpertsMethod(ExpertsShape shape) : nn.Module<Tensor, Tensor, Tensor, Tensor>(shape.Module)
{
    /// <summary>Identity and size of the bank.</summary>
    public ExpertsShape Shape { get; } = shape;

    /// <summary>Short name of the format the weights are held in, such as <c>bf16</c> or <c>nvfp4</c>.</summary>
    public abstract string Format { get; }

    /// <summary>Bytes of memory the weights take.</summary>
    public abstract long WeightBytes { get; }

    /// <summary>The up projections [E, I, K] as they lie in a GPU's memory, for kernels that read them there.</summary>
    public abstract DeviceWeight DeviceUp { get; }

    /// <summary>The down projections [E, K, I] as they lie in a GPU's memory.</summary>
    public abstract DeviceWeight DeviceDown { get; }

    /// <summary>Takes the bank's tensors from a checkpoint and brings them into the form that <see cref="forward"/> reads.</summary>
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

    /// <summary>Runs the chosen experts: the sum over a token's choices of weight · down(relu²(up(x))).</summary>
    /// <param name="input">[T, K] in the compute dtype.</param>
    /// <param name="expertIds">[T, top-k] int64, each in [0, E).</param>
    /// <param name="expertWeights">[T, top-k] float32.</param>
    /// <returns>[T, K] in the compute dtype; the sum is taken in float32.</returns>
    public abstract override Tensor forward(Tensor input, Tensor expertIds, Tensor expertWeights);

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
