using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>One projection (up or down) of all experts of a bank, in one format.</summary>
internal abstract class ExpertProjection : IDisposable
{
    /// <summary>Number of experts E.</summary>
    public required int Count { get; init; }

    /// <summary>Short name of the format the weights are held in.</summary>
    public abstract string Format { get; }

    /// <summary>Bytes of memory held.</summary>
    public abstract long Bytes { get; }

    /// <summary>All experts' weights as kernels read them; the memory is shared.</summary>
    /// <exception cref="InvalidOperationException">The experts are not stacked, as on a CPU.</exception>
    public abstract DeviceWeight OnDevice();

    /// <summary>Each expert's weight as few rows are best multiplied with it on the CPU, or <see langword="null"/>.</summary>
    public virtual IReadOnlyList<PanelWeight>? Panels => null;

    /// <summary>How many experts <see cref="Apply(Tensor, Tensor)"/> takes at once.</summary>
    public abstract long ExpertsAtOnce { get; }

    /// <summary>Multiplies by one expert's weight.</summary>
    /// <param name="expert">Index of the expert.</param>
    /// <param name="input">[t, K] in the compute dtype.</param>
    /// <returns>[t, N] in the compute dtype.</returns>
    public abstract Tensor Apply(int expert, Tensor input);

    /// <summary>Multiplies by the weights of several experts; the host does not read which.</summary>
    /// <param name="experts">[A] int64 on the weights' device, A at most <see cref="ExpertsAtOnce"/>.</param>
    /// <param name="input">[A, T, K] in the compute dtype, or [1, T, K] for all.</param>
    /// <returns>[A, T, N] in the compute dtype.</returns>
    public abstract Tensor Apply(Tensor experts, Tensor input);

    /// <summary>Multiplies rows that are grouped by expert, by all experts' weights; the host reads no count.</summary>
    /// <param name="input">[rows, K] in the compute dtype, in the order of the experts.</param>
    /// <param name="ends">[E] int32: where each expert's rows end.</param>
    /// <returns>[rows, N] in the compute dtype.</returns>
    /// <exception cref="InvalidOperationException">The experts are not stacked.</exception>
    public abstract Tensor ApplyGrouped(Tensor input, Tensor ends);

    /// <inheritdoc/>
    public abstract void Dispose();
}
