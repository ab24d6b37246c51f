using System.Globalization;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>Products of a bank of experts with a prompt's rows, grouped by expert, weights read as they are held (<c>grouped_gemm.cu</c>).</summary>
/// <remarks>Numbers of the weights become bfloat16 exactly, products are summed in float32, and a scale of the whole matrix comes last.</remarks>
public sealed class GroupedGemm
{
    private const int Tiles = 2;
    private const int Warps = 4;
    private const int BlockRows = 16 * Tiles * Warps;
    private const int Threads = 32 * Warps;
    private const int Step = 64;
    private const int AlignmentBytes = 16;
    private const int MostItems = 65535;

    private readonly GemmOperand _shape;
    private readonly CudaFunction _function;

    /// <summary>Compiles the kernel for a shape.</summary>
    /// <param name="kernels">The GPU's kernels.</param>
    /// <param name="weight">Layout of the bank to come and size of its matrices.</param>
    /// <param name="epilogue"><see cref="GemmEpilogue.StoreBFloat16"/> or <see cref="GemmEpilogue.SquaredRelu"/>.</param>
    /// <param name="itemRows">Most rows of a work item: 32, 64 or 128.</param>
    /// <exception cref="ArgumentException">The shape is not one that the kernel is written for.</exception>
    public GroupedGemm(KernelLibrary kernels, GemmOperand weight, GemmEpilogue epilogue, int itemRows)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        _shape = weight;
        ItemRows = itemRows;
        KernelSource source = Source(weight, epilogue, itemRows);
        _function = kernels.Get(source, "grouped_gemm");
    }

    /// <summary>Most rows of a work item.</summary>
    public int ItemRows { get; }

    /// <summary>Whether the kernel is written for a bank.</summary>
    /// <param name="weight">Layout and size of its matrices.</param>
    public static bool Fits(GemmOperand weight) => weight.FitsTiles && weight.Columns % Step == 0 && weight.Rows % 8 == 0;

    /// <summary>Rows of a work item for a number of rows: about those of an expert.</summary>
    /// <param name="rows">Rows in all.</param>
    /// <param name="experts">Experts E.</param>
    public static int ItemRowsFor(long rows, int experts) => (rows / Math.Max(1, experts)) switch
    {
        <= 32 => 32,
        <= 64 => 64,
        _ => 128,
    };

    /// <summary>Multiplies each row by its expert's matrix.</summary>
    /// <param name="stream">Where to queue it.</param>
    /// <param name="weight">[E, N, K].</param>
    /// <param name="work">Which rows are which expert's, in items of at most <see cref="ItemRows"/>.</param>
    /// <param name="input">[T, K] bfloat16.</param>
    /// <param name="output">[T, N] bfloat16; rows that no item names are left alone.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(CudaStream stream, DeviceWeight weight, GroupedWork work, Tensor input, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(work);
        ProductCheck.Weight(weight, _shape);
        work.Check();
        TensorCheck.Expect(input, nameof(input), ScalarType.BFloat16, TensorCheck.Any, _shape.Columns);
        TensorCheck.Expect(output, nameof(output), ScalarType.BFloat16, input.size(0), _shape.Rows);
        TensorCheck.Aligned(input, nameof(input), AlignmentBytes);
        TensorCheck.Aligned(output, nameof(output), AlignmentBytes);
        if (work.Expert.size(0) > MostItems)
        {
            throw new ArgumentException($"There are {work.Expert.size(0)} work items; expected at most {MostItems}.", nameof(work));
        }

        _function.Launch(
            stream,
            new Dim3(LaunchGeometry.Blocks(_shape.Rows, BlockRows), (int)work.Expert.size(0)),
            Threads,
            0,
            false,
            weight.Codes,
            KernelArgument.Of(weight.Scales),
            KernelArgument.Of(weight.GlobalScale),
            work.Expert,
            work.First,
            work.End,
            input,
            output,
            _shape.Rows,
            _shape.Columns);
    }

    /// <summary>The kernel's source and macros.</summary>
    internal static KernelSource Source(GemmOperand weight, GemmEpilogue epilogue, int itemRows)
    {
        if (!Fits(weight) || itemRows is not (32 or 64 or 128) || epilogue is not (GemmEpilogue.StoreBFloat16 or GemmEpilogue.SquaredRelu))
        {
            throw new ArgumentException(
                $"{weight.Layout} [{weight.Rows}, {weight.Columns}] with {epilogue} and {itemRows} rows an item is not supported; expected tiles, rows in "
                + $"eights, columns in multiples of {Step}, a bfloat16 output and 32, 64 or 128 rows.",
                nameof(weight));
        }

        (string, int)[] defines =
        [
            ("FORMAT", weight.Layout switch { WeightLayout.BFloat16 => 0, WeightLayout.Float8 => 1, _ => 2 }),
            ("EPILOGUE", epilogue == GemmEpilogue.StoreBFloat16 ? 1 : 2),
            ("TOKENS", itemRows / 8),
            ("TILES", Tiles),
            ("WARPS", Warps),
        ];
        return new KernelSource("grouped_gemm.cu", [.. defines.Select(define => (define.Item1, define.Item2.ToString(CultureInfo.InvariantCulture)))]);
    }
}
