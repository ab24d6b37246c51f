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

    /// <summary>From so many tokens on, blocks of a bank ask for their weights at once; with fewer it costs more than it gives (docs/kernels.md).</summary>
    private const int FewestTokensPrefetched = 32;

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
    /// <param name="stacked">Whether it is several matrices, one above the other; see <see cref="StackedGemm"/>.</param>
    /// <param name="convolution">The convolution that part of the product goes through, or <see langword="null"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are too many tokens to come as two parts.</exception>
    public static GemmGeometry Dense(
        GemmOperand shape,
        int tokens,
        GemmEpilogue epilogue,
        bool stable,
        int multiprocessors,
        bool split = false,
        bool stacked = false,
        ConvolutionShape? convolution = null)
    {
        (string, int)[] convolve = convolution?.Defines() ?? [];
        CheckTokens(tokens, split);
        if (!shape.FitsTiles)
        {
            var grid = new Dim3(LaunchGeometry.Blocks(shape.Rows, GeneralRows), LaunchGeometry.Blocks(tokens, GeneralTokens));
            return General(shape, grid, epilogue, experts: 0, split, convolve);
        }

        GemmTiling tiling = GemmTiling.Dense(shape, tokens, multiprocessors);

        // Passes over more tokens lie side by side, so that they find the weight in the second-level cache.
        var blocks = new Dim3(LaunchGeometry.Blocks(tokens, 8 * tiling.Columns), LaunchGeometry.Blocks(shape.Rows, 16 * tiling.Tiles));
        return Tiled(
            shape,
            blocks,
            tiling,
            epilogue,
            split,
            [("EXPERTS", 0), ("STABLE", stable ? 1 : 0), ("STACKED", stacked ? 1 : 0), ("PREFETCH", 0), .. convolve]);
    }

    /// <summary>Geometry for a bank of matrices, each of which multiplies the tokens that chose it.</summary>
    /// <param name="shape">The weight's layout and size.</param>
    /// <param name="tokens">Tokens B.</param>
    /// <param name="active">Most experts that can be active.</param>
    /// <param name="epilogue">What becomes of the product.</param>
    /// <param name="stable">Whether no kernel of the stream writes the weights.</param>
    /// <param name="split">Whether tokens come as two parts.</param>
    /// <param name="shared">How a matrix that all tokens take is cut.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are too many tokens to come as two parts.</exception>
    public static GemmGeometry Experts(
        GemmOperand shape, int tokens, int active, GemmEpilogue epilogue, bool stable, bool split = false, SharedParts shared = default)
    {
        CheckTokens(tokens, split);
        if (!shape.FitsTiles)
        {
            return General(shape, new Dim3(LaunchGeometry.Blocks(shape.Rows, GeneralRows), active), epilogue, experts: 1, split);
        }

        var blocks = new Dim3(LaunchGeometry.Blocks(shape.Rows, 16), shared.Count + active);
        GemmTiling tiling = GemmTiling.Experts(shape, tokens);
        return Tiled(
            shape,
            blocks,
            tiling,
            epilogue,
            split,
            ("EXPERTS", 1),
            ("PREFETCH", stable && tokens >= FewestTokensPrefetched ? 1 : 0),
            ("SHARED", shared.Count),
            ("SPLIT_K", shared.AlongColumns ? 1 : 0));
    }

    private static GemmGeometry Tiled(
        GemmOperand shape, Dim3 grid, GemmTiling tiling, GemmEpilogue epilogue, bool split, params ReadOnlySpan<(string Name, int Value)> more)
    {
        int used = Math.Max(1, Math.Min(tiling.Warps, shape.Columns / shape.TileColumns));
        return new(
            "gemm.cu",
            grid,
            32 * used,
            [
                ("FORMAT", (int)shape.Layout),
                ("TOKENS", tiling.Columns),
                ("TILES", tiling.Tiles),
                ("WARPS", used),
                ("DEPTH", tiling.Depth),
                ("BLOCKS", tiling.Blocks),
                ("EPILOGUE", (int)epilogue),
                ("SPLIT", split ? 1 : 0),
                .. more,
            ]);
    }

    private static GemmGeometry General(GemmOperand shape, Dim3 grid, GemmEpilogue epilogue, int experts, bool split, params ReadOnlySpan<(string, int)> more) => new(
        "gemm_general.cu",
        grid,
        GeneralThreads,
        [
            ("FORMAT", shape.Layout switch { WeightLayout.Nvfp4 => 2, WeightLayout.Float32 => 3, _ => (int)shape.Layout }),
            ("EPILOGUE", (int)epilogue),
            ("EXPERTS", experts),
            ("SPLIT", split ? 1 : 0),
            .. more,
        ]);

    private static void CheckTokens(int tokens, bool split)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        if (split && tokens > MaxSplitTokens)
        {
            throw new ArgumentOutOfRangeException(nameof(tokens), tokens, $"No more than {MaxSplitTokens} tokens come as two parts.");
        }
    }
}
