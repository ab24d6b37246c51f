using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>Inputs and outputs of kernels under test.</summary>
internal static class GpuTensors
{
    /// <summary>A copy on the GPU.</summary>
    public static Tensor Upload(Tensor tensor) => tensor.cuda().clone();

    /// <summary>Memory that is NaN until a kernel writes it.</summary>
    public static Tensor Poisoned(ScalarType dtype, params long[] shape) => full(shape, float.NaN, dtype, CUDA);
}
