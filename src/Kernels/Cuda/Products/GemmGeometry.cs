using System.Globalization;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>Which kernel multiplies a weight by a number of tokens, compiled how, and over which grid: all of it follows from the shapes.</summary>
internal sealed record GemmGeometry
{
    /// <summary>The most tokens that come as two parts: both fit the 8 columns that the tensor cores take at once.</summary>
    public const int MaxSplitTokens = 4;

    private const int GeneralRows = 8;
    private const int GeneralTokens = 8;
    private const int GeneralThreads = 256;

    private GemmGeometry(string file, Dim3 grid, int threads, params (string Name, int Value)[] defines)
    {
        Kernel = Path.GetFileNameWithoutExtension(file);
        Source = new KernelSource(file, [.. defines.Select(define => (define.Name, define.Value.ToString(CultureInfo.InvariantCulture)))]);
        Grid = grid;
        Threads = threads;
    }

    /// <summary>Name of the kernel.</summary>
    public string Kernel { get; }

    /// <summary>Its source and macros.</summary>
    public KernelSource Source { get; }

    /// <summary>Blocks.</summary>
    public Dim3 Grid { get; }

    /// <summary>Threads of a block.</summary>
    public int Threads { get; }

    /// <summary>Geometry for one matrix that multiplies all tokens.</summary>
    /// <param name="shape">The weight's layout and size.</param>
    /// <param name="tokens">Tokens B.</param>
    /// <param name="epilogue">What becomes of the product.</param>
    /// <param name="stable">Whether no kernel of the stream writes the weight.</param>
    /// <param name="multiprocessors">Multiprocessors of the GPU.</param>
    /// <param name="split">Whether tokens come as two parts.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are too many tokens to come as two parts.</exception>
    public static GemmGeometry Dense(
        GemmOperand shape, int tokens, GemmEpilogue epilogue, bool stable, int multiprocessors, bool split = false)
    {
        CheckTokens(tokens, split);
        if (!shape.FitsTiles)
        {
            var grid = new Dim3(LaunchGeometry.Blocks(shape.Rows, GeneralRows), LaunchGeometry.Blocks(tokens, GeneralTokens));
            return General(shape, grid, epilogue, experts: 0, split);
        }

        GemmTiling tiling = GemmTiling.Dense(shape, tokens, multiprocessors);

        // Passes over more tokens lie side by side, so that they find the weight in the second-level cache.
        var blocks = new Dim3(LaunchGeometry.Blocks(tokens, 8 * tiling.Columns), LaunchGeometry.Blocks(shape.Rows, 16 * tiling.Tiles));
        return Tiled(shape, blocks, tiling, epilogue, experts: 0, split, stable);
    }

    /// <summary>Geometry for a bank of matrices, each of which multiplies the tokens that chose it.</summary>
    /// <param name="shape">The weight's layout and size.</param>
    /// <param name="tokens">Tokens B.</param>
    /// <param name="active">Most experts that can be active.</param>
    /// <param name="epilogue">What becomes of the product.</param>
    /// <param name="split">Whether tokens come as two parts.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are too many tokens to come as two parts.</exception>
    public static GemmGeometry Experts(GemmOperand shape, int tokens, int active, GemmEpilogue epilogue, bool split = false)
    {
        CheckTokens(tokens, split);
        if (!shape.FitsTiles)
        {
            return General(shape, new Dim3(LaunchGeometry.Blocks(shape.Rows, GeneralRows), active), epilogue, experts: 1, split);
        }

        return Tiled(shape, (LaunchGeometry.Blocks(shape.Rows, 16), active), GemmTiling.Experts(tokens), epilogue, experts: 1, split, stable: false);
    }

    private static GemmGeometry Tiled(
        GemmOperand shape, Dim3 grid, GemmTiling tiling, GemmEpilogue epilogue, int experts, bool split, bool stable)
    {
        int used = Math.Max(1, Math.Min(tiling.Warps, shape.Columns / shape.TileColumns));
        return new(
            "gemm.cu",
            grid,
            32 * used,
            ("FORMAT", (int)shape.Layout),
            ("TOKENS", tiling.Columns),
            ("TILES", tiling.Tiles),
            ("WARPS", used),
            ("DEPTH", tiling.Depth),
            ("EPILOGUE", (int)epilogue),
            ("EXPERTS", experts),
            ("SPLIT", split ? 1 : 0),
            ("STABLE", stable ? 1 : 0));
    }

    private static GemmGeometry General(GemmOperand shape, Dim3 grid, GemmEpilogue epilogue, int experts, bool split) => new(
        "gemm_general.cu",
        grid,
        GeneralThreads,
        ("FORMAT", shape.Layout switch { WeightLayout.Nvfp4 => 2, WeightLayout.Float32 => 3, _ => (int)shape.Layout }),
        ("EPILOGUE", (int)epilogue),
        ("EXPERTS", experts),
        ("SPLIT", split ? 1 : 0));

    private static void CheckTokens(int tokens, bool split)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        if (split && tokens > MaxSplitTokens)
        {
            throw new ArgumentOutOfRangeException(nameof(tokens), tokens, $"No more than {MaxSplitTokens} tokens come as two parts.");
        }
    }
}
