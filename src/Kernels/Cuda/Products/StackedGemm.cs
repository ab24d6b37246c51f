using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>Up to three weights multiplied by the same tokens in one launch (<c>gemm.cu</c>): y = x · [W₀; W₁; W₂]ᵀ, as queries, keys and values are.</summary>
/// <remarks>A small matrix alone leaves most multiprocessors without work and takes as long as one many times its size.</remarks>
public sealed class StackedGemm
{
    /// <summary>The most weights.</summary>
    public const int MaxWeights = 3;

    /// <summary>Rows that a block may have: a weight's are a multiple.</summary>
    private const int RowsOfBlock = 32;

    private readonly GemmOperand[] _shapes;
    private readonly GemmOperand _whole;
    private readonly int _tokens;
    private readonly bool _split;
    private readonly GemmGeometry _geometry;
    private readonly CudaFunction _function;

    /// <summary>Compiles the kernel for shapes.</summary>
    /// <param name="kernels">The GPU's kernels.</param>
    /// <param name="weights">Layouts and sizes of the weights to come, which <see cref="Fits"/> allows.</param>
    /// <param name="tokens">Tokens B of every launch.</param>
    /// <param name="split">Whether inputs come as the sum of two bfloat16 parts; see <see cref="Gemm"/>.</param>
    /// <exception cref="ArgumentException">The weights cannot be stacked.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are no tokens, or too many to come in two parts.</exception>
    public StackedGemm(KernelLibrary kernels, IReadOnlyList<GemmOperand> weights, int tokens, bool split = false)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (!Fits(weights))
        {
            throw new ArgumentException(
                $"The weights are {string.Join(", ", weights)}; expected two or three of one layout and width, multiples of {RowsOfBlock} rows.",
                nameof(weights));
        }

        ArgumentNullException.ThrowIfNull(kernels);
        _shapes = [.. weights];
        _whole = weights[0] with { Rows = weights.Sum(weight => weight.Rows) };
        _tokens = tokens;
        _split = split;
        int multiprocessors = kernels.Context.MultiprocessorCount;
        _geometry = GemmGeometry.Dense(_whole, tokens, GemmEpilogue.Store, stable: true, multiprocessors, split, stacked: true);
        _function = kernels.Get(_geometry.Source, _geometry.Kernel);
    }

    /// <summary>Whether weights can be multiplied in one launch.</summary>
    /// <param name="weights">Their layouts and sizes.</param>
    public static bool Fits(IReadOnlyList<GemmOperand> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return weights.Count is > 1 and <= MaxWeights && weights.All(weight =>
            weight.FitsTiles && weight.Layout == weights[0].Layout && weight.Columns == weights[0].Columns && weight.Rows % RowsOfBlock == 0);
    }

    /// <summary>Multiplies.</summary>
    /// <param name="stream">Where to queue it.</param>
    /// <param name="weights">[Nᵢ, K] each, single matrices that no kernel of the stream writes.</param>
    /// <param name="input">[B, K] bfloat16; each row begins at a multiple of 16 bytes.</param>
    /// <param name="output">[B, ΣNᵢ] float32: the weights' products side by side.</param>
    /// <param name="programmatic">See <see cref="CudaFunction.Launch"/>.</param>
    /// <param name="inputLow">[B, K] bfloat16 with the input's strides, what its rounding left; where the product was made for two parts.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream, IReadOnlyList<DeviceWeight> weights, Tensor input, Tensor output, bool programmatic = false, Tensor? inputLow = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfNotEqual(weights.Count, _shapes.Length);
        for (int i = 0; i < _shapes.Length; i++)
        {
            ProductCheck.Weight(weights[i], _shapes[i]);
            ProductCheck.Single(weights[i]);
        }

        ProductCheck.Inputs(input, inputLow, _tokens, _whole, _split);
        ProductCheck.Outputs(output, null, _tokens, _whole, GemmEpilogue.Store);
        DeviceWeight last = weights[^1];
        int end = _shapes[0].Rows;
        _function.Launch(
            stream,
            _geometry.Grid,
            _geometry.Threads,
            0,
            programmatic,
            [
                .. Arguments(weights[0]), KernelArgument.Null, input, KernelArgument.Of(inputLow), output, KernelArgument.Null, _whole.Rows,
                _whole.Columns, _tokens, (int)input.stride(0), (int)output.stride(0), .. Arguments(weights[1]), .. Arguments(last), end,
                _shapes.Length > 2 ? end + _shapes[1].Rows : _whole.Rows,
            ]);
    }

    private static KernelArgument[] Arguments(DeviceWeight weight) =>
        [weight.Codes, KernelArgument.Of(weight.Scales), KernelArgument.Of(weight.GlobalScale)];
}
