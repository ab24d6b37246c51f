using NemotronH.Caching;
using NemotronH.Configuration;
using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Generation.Recorded;

/// <summary>What the layers of a decode step of one batch size share.</summary>
/// <param name="Kernels">The GPU's kernels.</param>
/// <param name="Config">The model's shape.</param>
/// <param name="Cache">The sequences' states, keys and values.</param>
/// <param name="State">The rows of the step.</param>
/// <param name="Arena">Scratch.</param>
/// <param name="Buffer">Where weights are dequantised to; <see langword="null"/> where kernels decode them all.</param>
/// <param name="Batch">Rows B.</param>
internal sealed record StepContext(
    KernelLibrary Kernels, NemotronHConfig Config, ModelCache Cache, StepState State, StepArena Arena, DequantizationBuffer? Buffer, int Batch)
{
    /// <summary>
    /// Whether inputs of products are kept in two bfloat16 parts, close to float32: for batches that leave the tensor cores room for the second.
    /// </summary>
    public bool Split => Batch <= Gemm.MaxSplitTokens;

    /// <summary>[B, H] float32, the residual stream.</summary>
    public Tensor Residual { get; } = Arena.Take("residual", ScalarType.Float32, Batch, Config.HiddenSize);

    /// <summary>[B, H] bfloat16, the normed residual stream: the input of a layer's first projection.</summary>
    public SplitRows Normed { get; } = Arena.TakeInputs("normed", Batch, Config.HiddenSize, Batch <= Gemm.MaxSplitTokens);

    /// <summary>[B] int32 slots of the rows.</summary>
    public Tensor Slots { get; } = Arena.Keep(State.Rows.Slots.narrow(0, 0, Batch));

    /// <summary>[B] int32 positions of the rows.</summary>
    public Tensor Positions { get; } = Arena.Keep(State.Rows.Positions.narrow(0, 0, Batch));

    /// <summary>Rows between a kernel and the product that they are inputs of.</summary>
    /// <param name="name">What they are for.</param>
    /// <param name="width">Elements of a row.</param>
    /// <param name="perRow">Rows for each row of the batch.</param>
    public SplitRows TakeInputs(string name, long width, int perRow = 1) => Arena.TakeInputs(name, Batch, width, Split, perRow);

    /// <summary>A linear layer of the step.</summary>
    /// <param name="linear">Its weights.</param>
    /// <param name="epilogue">What becomes of its products.</param>
    /// <param name="convolution">What part of the products goes through, or <see langword="null"/>.</param>
    public DeviceLinear Linear(LinearMethod linear, GemmEpilogue epilogue, Convolution? convolution = null) =>
        Linear(linear.DeviceWeight, linear.Bias, epilogue, convolution);

    /// <summary>A linear layer of the step.</summary>
    /// <param name="weight">Its weight.</param>
    /// <param name="bias">Its bias.</param>
    /// <param name="epilogue">What becomes of its products.</param>
    /// <param name="convolution">What part of the products goes through, or <see langword="null"/>.</param>
    public DeviceLinear Linear(DeviceWeight weight, Tensor? bias, GemmEpilogue epilogue, Convolution? convolution = null) =>
        new(Kernels, weight, bias, Batch, epilogue, Buffer, Split, convolution);
}
