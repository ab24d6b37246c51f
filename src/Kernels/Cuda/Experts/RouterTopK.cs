using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>
/// Norms the tokens of a step and routes them in one launch: float32 logits, sigmoid scores, the correction bias, the limit to the best groups, top-k
/// (of equals the lowest id), weights (the formula is that of DeepSeek-V3, 2024, section 2.1.2); and the list, by expert, of who works for whom.
/// </summary>
/// <remarks>A row's choice does not depend on the batch it is in, to the last bit; the list's order depends on nothing but the choice.</remarks>
public sealed class RouterTopK
{
    private const int Threads = 256;
    private const int FloatsPerStep = 4 * Threads;

    private readonly RouterShape _shape;
    private readonly int _batch;
    private readonly Dim3 _grid;
    private readonly int _mostActive;
    private readonly CudaFunction _kernel;

    /// <summary>Compiles the kernel for a batch.</summary>
    /// <param name="library">The GPU's kernels.</param>
    /// <param name="shape">The router.</param>
    /// <param name="batch">Rows B of a launch, 1 to 128.</param>
    /// <param name="sharedParts">Choices of a token behind its experts, which the numbers of entries leave room for; see <see cref="SharedParts"/>.</param>
    /// <exception cref="ArgumentException">A size is not one that the kernel is written for.</exception>
    public RouterTopK(KernelLibrary library, RouterShape shape, int batch, int sharedParts = 0)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Validate();
        StepBatch.Validate(batch);
        ArgumentOutOfRangeException.ThrowIfNegative(sharedParts);
        ArgumentNullException.ThrowIfNull(library);
        (_shape, _batch) = (shape, batch);
        _grid = Grid(shape, batch);
        _mostActive = ActiveEntries.MostActive(shape.Experts, shape.TopK, batch);
        _kernel = library.Get(Source(shape, batch, sharedParts), "router_topk");
    }

    /// <summary>Elements of the arrival counters, which are zero before the first launch and after each.</summary>
    public int Arrivals => _grid.Y + 1;

    /// <summary>Queues the launch.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="residual">[B, H] float32, the residual stream.</param>
    /// <param name="normWeight">[H] float32, the weight of the norm in front.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="weight">[E, H] float32.</param>
    /// <param name="correctionBias">[E] float32; moves the choice, not the weights.</param>
    /// <param name="slots">[B] int32, the rows' state slots.</param>
    /// <param name="dummySlot">The slot of padding rows, which have no entries.</param>
    /// <param name="normed">[B, H] bfloat16, written: the normed rows.</param>
    /// <param name="normedLow">As normed, for what its rounding to bfloat16 leaves; or <see langword="null"/>.</param>
    /// <param name="logits">[B, E] float32, scratch.</param>
    /// <param name="arrivals">[<see cref="Arrivals"/>] int32, zeros.</param>
    /// <param name="expertIds">[B, top-k] int32, written: the experts, best first.</param>
    /// <param name="expertWeights">[B, top-k] float32, written.</param>
    /// <param name="choice">
    /// Written: how many experts are active; which, ascending, then −1; where each one's entries begin, beyond the last their number; the entries,
    /// row · (top-k + shared parts) + choice, ascending, then −1.
    /// </param>
    /// <param name="programmatic">Whether the kernel may begin while the one before it still runs.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        Tensor residual,
        Tensor normWeight,
        double epsilon,
        Tensor weight,
        Tensor correctionBias,
        Tensor slots,
        int dummySlot,
        Tensor normed,
        Tensor? normedLow,
        Tensor logits,
        Tensor arrivals,
        Tensor expertIds,
        Tensor expertWeights,
        ActiveEntries choice,
        bool programmatic = false)
    {
        TensorCheck.Expect(residual, nameof(residual), ScalarType.Float32, _batch, _shape.Hidden);
        TensorCheck.Expect(normWeight, nameof(normWeight), ScalarType.Float32, _shape.Hidden);
        TensorCheck.Expect(normed, nameof(normed), ScalarType.BFloat16, _batch, _shape.Hidden);
        if (normedLow is not null)
        {
            TensorCheck.Expect(normedLow, nameof(normedLow), ScalarType.BFloat16, _batch, _shape.Hidden);
            TensorCheck.Aligned(normedLow, nameof(normedLow), 8);
        }

        TensorCheck.Expect(weight, nameof(weight), ScalarType.Float32, _shape.Experts, _shape.Hidden);
        TensorCheck.Expect(correctionBias, nameof(correctionBias), ScalarType.Float32, _shape.Experts);
        TensorCheck.Expect(slots, nameof(slots), ScalarType.Int32, _batch);
        TensorCheck.Expect(logits, nameof(logits), ScalarType.Float32, _batch, _shape.Experts);
        TensorCheck.Expect(arrivals, nameof(arrivals), ScalarType.Int32, Arrivals);
        TensorCheck.Expect(expertIds, nameof(expertIds), ScalarType.Int32, _batch, _shape.TopK);
        TensorCheck.Expect(expertWeights, nameof(expertWeights), ScalarType.Float32, _batch, _shape.TopK);
        ArgumentNullException.ThrowIfNull(choice);
        choice.Check(_mostActive, _batch * _shape.TopK);
        TensorCheck.Aligned(residual, nameof(residual), 16);
        TensorCheck.Aligned(normWeight, nameof(normWeight), 16);
        TensorCheck.Aligned(normed, nameof(normed), 8);
        TensorCheck.Aligned(weight, nameof(weight), 16);
        _kernel.Launch(
            stream, _grid, Threads, 0, programmatic,
            residual, normWeight, (float)epsilon, weight, correctionBias, _batch, _shape.ScalingFactor, slots, dummySlot, _mostActive,
            normed, KernelArgument.Of(normedLow), logits, arrivals, expertIds, expertWeights,
            choice.Count, choice.Experts, choice.Offsets, choice.Entries);
    }

    /// <summary>
    /// Experts and tokens of a CTA's tile: few at small batches, where there are more multiprocessors than work, and few experts where their rows of
    /// the gate are long, for a thread holds its piece of all of them.
    /// </summary>
    internal static (int Experts, int Tokens) Tile(int hidden, int batch)
    {
        const int HeldSteps = 16;
        int most = Math.Max(1, HeldSteps / LaunchGeometry.Blocks(hidden, FloatsPerStep));
        return batch switch
        {
            <= 8 => (1, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)batch)),
            <= 32 => (Math.Min(2, most), 8),
            _ => (Math.Min(4, most), 8),
        };
    }

    internal static Dim3 Grid(RouterShape shape, int batch)
    {
        (int expertTile, int tokenTile) = Tile(shape.Hidden, batch);
        return (LaunchGeometry.Blocks(shape.Experts, expertTile), LaunchGeometry.Blocks(batch, tokenTile));
    }

    internal static KernelSource Source(RouterShape shape, int batch, int sharedParts)
    {
        (int expertTile, int tokenTile) = Tile(shape.Hidden, batch);
        return new KernelSource(
            "router_topk.cu",
            ("HIDDEN", $"{shape.Hidden}"),
            ("EXPERTS", $"{shape.Experts}"),
            ("TOP_K", $"{shape.TopK}"),
            ("CHOICES", $"{shape.TopK + sharedParts}"),
            ("GROUPS", $"{shape.Groups}"),
            ("TOP_GROUPS", $"{shape.TopGroups}"),
            ("NORMALIZE", shape.Normalize ? "1" : "0"),
            ("EXPERT_TILE", $"{expertTile}"),
            ("TOKEN_TILE", $"{tokenTile}"),
            ("ROW_WORDS", $"{LaunchGeometry.Blocks(batch, LaunchGeometry.WarpSize)}"));
    }
}
