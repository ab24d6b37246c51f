using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>
/// Routes the tokens of a step in one launch: float32 logits, sigmoid scores, the correction bias, the limit to the best groups, top-k
/// (of equals the lowest id), weights. The formula is that of DeepSeek-V3 (2024), section 2.1.2.
/// </summary>
/// <remarks>A row's results do not depend on the batch it is in, to the last bit.</remarks>
public sealed class RouterTopK
{
    private const int Threads = 128;

    private readonly RouterShape _shape;
    private readonly int _batch;
    private readonly Dim3 _grid;
    private readonly CudaFunction _kernel;

    /// <summary>Compiles the kernel for a batch.</summary>
    /// <param name="library">The GPU's kernels.</param>
    /// <param name="shape">The router.</param>
    /// <param name="batch">Rows B of a launch, 1 to 128.</param>
    /// <exception cref="ArgumentException">A size is not one that the kernel is written for.</exception>
    public RouterTopK(KernelLibrary library, RouterShape shape, int batch)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Validate();
        StepBatch.Validate(batch);
        ArgumentNullException.ThrowIfNull(library);
        (_shape, _batch) = (shape, batch);
        _grid = Grid(shape.Experts, batch);
        _kernel = library.Get(Source(shape, batch), "router_topk");
    }

    /// <summary>Elements of the arrival counters, which are zero before the first launch and after each.</summary>
    public int Arrivals => _grid.Y;

    /// <summary>Queues the launch.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="hidden">[B, H] float32, the normed rows.</param>
    /// <param name="weight">[E, H] float32.</param>
    /// <param name="correctionBias">[E] float32; moves the choice, not the weights.</param>
    /// <param name="logits">[B, E] float32, scratch.</param>
    /// <param name="arrivals">[<see cref="Arrivals"/>] int32, zeros.</param>
    /// <param name="expertIds">[B, top-k] int32, written: the experts, best first.</param>
    /// <param name="expertWeights">[B, top-k] float32, written.</param>
    /// <param name="programmatic">Whether the kernel may begin while the one before it still runs.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        Tensor hidden,
        Tensor weight,
        Tensor correctionBias,
        Tensor logits,
        Tensor arrivals,
        Tensor expertIds,
        Tensor expertWeights,
        bool programmatic = false)
    {
        TensorCheck.Expect(hidden, nameof(hidden), ScalarType.Float32, _batch, _shape.Hidden);
        TensorCheck.Expect(weight, nameof(weight), ScalarType.Float32, _shape.Experts, _shape.Hidden);
        TensorCheck.Expect(correctionBias, nameof(correctionBias), ScalarType.Float32, _shape.Experts);
        TensorCheck.Expect(logits, nameof(logits), ScalarType.Float32, _batch, _shape.Experts);
        TensorCheck.Expect(arrivals, nameof(arrivals), ScalarType.Int32, Arrivals);
        TensorCheck.Expect(expertIds, nameof(expertIds), ScalarType.Int32, _batch, _shape.TopK);
        TensorCheck.Expect(expertWeights, nameof(expertWeights), ScalarType.Float32, _batch, _shape.TopK);
        TensorCheck.Aligned(hidden, nameof(hidden), 16);
        TensorCheck.Aligned(weight, nameof(weight), 16);
        _kernel.Launch(
            stream, _grid, Threads, 0, programmatic,
            hidden, weight, correctionBias, _batch, _shape.ScalingFactor, logits, arrivals, expertIds, expertWeights);
    }

    /// <summary>Tokens and experts of a CTA's tile: few at small batches, where there are more multiprocessors than work.</summary>
    internal static (int Experts, int Tokens) Tile(int batch) => batch switch
    {
        <= 8 => (1, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)batch)),
        <= 32 => (2, 8),
        _ => (4, 8),
    };

    internal static Dim3 Grid(int experts, int batch)
    {
        (int expertTile, int tokenTile) = Tile(batch);
        return (LaunchGeometry.Blocks(experts, expertTile), LaunchGeometry.Blocks(batch, tokenTile));
    }

    internal static KernelSource Source(RouterShape shape, int batch)
    {
        (int expertTile, int tokenTile) = Tile(batch);
        return new KernelSource(
            "router_topk.cu",
            ("HIDDEN", $"{shape.Hidden}"),
            ("EXPERTS", $"{shape.Experts}"),
            ("TOP_K", $"{shape.TopK}"),
            ("GROUPS", $"{shape.Groups}"),
            ("TOP_GROUPS", $"{shape.TopGroups}"),
            ("NORMALIZE", shape.Normalize ? "1" : "0"),
            ("EXPERT_TILE", $"{expertTile}"),
            ("TOKEN_TILE", $"{tokenTile}"));
    }
}
