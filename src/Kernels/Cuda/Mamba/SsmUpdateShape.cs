using System.Numerics;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What an <see cref="SsmUpdateKernel"/> is compiled for.</summary>
/// <param name="Heads">Heads of the layer.</param>
/// <param name="HeadDim">Rows of a head's state.</param>
/// <param name="Groups">Groups that share B and C; they divide the heads.</param>
/// <param name="StateSize">Floats of a row of the state: N.</param>
/// <param name="RowWidth">Width of a row of the projection that holds the time steps.</param>
/// <param name="TimeStepColumn">Where the heads' raw time steps begin in it.</param>
public sealed record SsmUpdateShape(int Heads, int HeadDim, int Groups, int StateSize, int RowWidth, int TimeStepColumn)
{
    /// <summary>Threads of a block.</summary>
    internal const int Threads = 128;

    private const int FloatsPerThread = 32;

    /// <summary>Lower bound of the time step, after softplus.</summary>
    public double TimeStepMin { get; init; }

    /// <summary>Upper bound of the time step, after softplus.</summary>
    public double TimeStepMax { get; init; } = double.PositiveInfinity;

    /// <summary>Type of y: float32 or bfloat16.</summary>
    public ScalarType OutputDtype { get; init; } = ScalarType.Float32;

    internal int Inner => Heads * HeadDim;

    internal int ConvDim => Inner + 2 * Groups * StateSize;

    internal int Vector => ElementTypes.Vector(StateSize, Inner);

    /// <summary>Lanes that own a row of the state: a power of two.</summary>
    internal int Lanes => (int)Math.Min(BitOperations.RoundUpToPowerOf2((uint)(StateSize / Vector)), (uint)LaunchGeometry.WarpSize);

    /// <summary>Rows of the state per thread: as many as 32 floats allow, spread evenly over the blocks of a head.</summary>
    internal int RowsPerThread
    {
        get
        {
            int floatsPerRow = LaunchGeometry.Blocks(StateSize / Vector, Lanes) * Vector;
            int most = Math.Max(1, FloatsPerThread / Math.Max(floatsPerRow, 4));
            int rowsPerPass = Threads / Lanes;
            int blocks = LaunchGeometry.Blocks(HeadDim, rowsPerPass * most);
            return LaunchGeometry.Blocks(HeadDim, rowsPerPass * blocks);
        }
    }

    /// <summary>Blocks of a head.</summary>
    internal int Blocks => LaunchGeometry.Blocks(HeadDim, Threads / Lanes * RowsPerThread);

    /// <summary>The source and its macros.</summary>
    /// <exception cref="ArgumentException">A size or type is not one that the kernel knows.</exception>
    internal KernelSource Source()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Heads);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(HeadDim);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Groups);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(StateSize);
        if (Heads % Groups != 0)
        {
            throw new ArgumentException($"{Heads} heads are not a multiple of {Groups} groups.", nameof(Groups));
        }

        Projection.Check(RowWidth, TimeStepColumn, Heads, "dt");
        return new KernelSource(
            "ssm_update.cu",
            ElementTypes.Define("HEADS", Heads),
            ElementTypes.Define("HEAD_DIM", HeadDim),
            ElementTypes.Define("GROUPS", Groups),
            ElementTypes.Define("STATE_SIZE", StateSize),
            ElementTypes.Define("VEC", Vector),
            ElementTypes.Define("LANES", Lanes),
            ElementTypes.Define("ROWS", RowsPerThread),
            ElementTypes.Define("THREADS", Threads),
            ("OUTPUT", ElementTypes.Name(OutputDtype, nameof(OutputDtype))));
    }
}
