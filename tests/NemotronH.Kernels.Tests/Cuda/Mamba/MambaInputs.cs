using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Mamba;

/// <summary>A Mamba-2 layer with random parameters in the ranges of trained ones, on the CPU.</summary>
internal sealed record MambaInputs(int Heads, int HeadDim, int Groups, int StateSize, int Kernel)
{
    /// <summary>Slots of the states, of which the last is the padding rows'.</summary>
    public const int Slots = 9;

    public int Inner => Heads * HeadDim;

    public int ConvDim => Inner + 2 * Groups * StateSize;

    /// <summary>Width of a row of in_proj: gate, x B C, dt.</summary>
    public int RowWidth => Inner + ConvDim + Heads;

    public ConvolutionShape Conv => new(ConvDim, Kernel, RowWidth, Inner);

    public SsmUpdateShape Ssm => new(Heads, HeadDim, Groups, StateSize, RowWidth, Inner + ConvDim);

    public Tensor ConvWeight => Numbers.Normal(1, Kernel, ConvDim) * 0.5;

    public Tensor ConvBias => Numbers.Normal(2, ConvDim) * 0.1;

    /// <summary>A in [−16, −1].</summary>
    public Tensor A => Numbers.Uniform(3, -16, -1, Heads);

    public Tensor D => Numbers.Normal(4, Heads);

    /// <summary>The inverse of softplus over [0.001, 0.1], where trained time steps begin.</summary>
    public Tensor TimeStepBias => Numbers.Uniform(5, -6.9, -2.25, Heads);

    /// <summary>A projection whose product is its input: ones on the diagonal, columns of zeros up to a multiple of 32.</summary>
    public DeviceWeight Identity() => DeviceWeight.Plain("identity", eye(RowWidth, InputWidth, ScalarType.BFloat16, CUDA));

    /// <summary>Columns of <see cref="Identity"/>.</summary>
    public int InputWidth => (RowWidth + 31) / 32 * 32;

    /// <summary>Rows of a projection's output as inputs of <see cref="Identity"/>: what bfloat16 holds, and what that leaves.</summary>
    public (Tensor High, Tensor Low) AsInputs(Tensor projected)
    {
        Tensor padded = nn.functional.pad(projected, [0, InputWidth - RowWidth]).cuda(), high = padded.to(ScalarType.BFloat16);
        return (high, (padded - high.to(ScalarType.Float32)).to(ScalarType.BFloat16));
    }

    public Tensor Projected(int seed, int rows) => Numbers.Normal(seed, rows, RowWidth);

    public Tensor ConvInput(Tensor projected) => projected.narrow(1, Inner, ConvDim);

    public Tensor RawTimeStep(Tensor projected) => projected.narrow(1, Inner + ConvDim, Heads);
}
