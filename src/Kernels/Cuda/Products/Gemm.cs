using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>Products of a weight with a decode step's tokens: y = x · Wᵀ + bias (<c>gemm.cu</c>).</summary>
/// <remarks>
/// The weight is read once; its numbers become bfloat16 exactly, products are summed in float32, and a scale of the whole matrix comes last.
/// A launch allocates nothing. An object serves all weights of one layout and size; which it multiplies is an argument.
/// </remarks>
public sealed class Gemm
{
    /// <summary>The most tokens of a product whose inputs come in two parts.</summary>
    public const int MaxSplitTokens = GemmGeometry.MaxSplitTokens;

    private readonly GemmOperand _shape;
    private readonly int _tokens;
    private readonly GemmEpilogue _epilogue;
    private readonly bool _split;
    private readonly ConvolutionShape? _convolution;
    private readonly GemmGeometry _geometry;
    private readonly CudaFunction _function;

    /// <summary>Compiles the kernel for a shape.</summary>
    /// <param name="kernels">The GPU's kernels.</param>
    /// <param name="weight">Layout and size of the weights to come.</param>
    /// <param name="tokens">Tokens B of every launch.</param>
    /// <param name="epilogue">What becomes of the product.</param>
    /// <param name="stable">
    /// Whether no kernel of the stream writes the weight, so that a programmatic launch may read it before the kernel in front has ended.
    /// </param>
    /// <param name="split">
    /// Whether inputs come as the sum of two bfloat16 parts, which is nearly float32 and costs nothing; for up to <see cref="MaxSplitTokens"/> tokens.
    /// </param>
    /// <param name="convolution">The convolution that part of a stored product goes through instead, or <see langword="null"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no tokens, or too many to come in two parts.</exception>
    /// <exception cref="ArgumentException">The convolution is not of this product, or not of a shape that the kernel knows.</exception>
    public Gemm(
        KernelLibrary kernels,
        GemmOperand weight,
        int tokens,
        GemmEpilogue epilogue,
        bool stable = true,
        bool split = false,
        ConvolutionShape? convolution = null)
    {
        CheckConvolution(weight, epilogue, convolution);
        ArgumentNullException.ThrowIfNull(kernels);
        _shape = weight;
        _tokens = tokens;
        _epilogue = epilogue;
        _split = split;
        _convolution = convolution;
        _geometry = GemmGeometry.Dense(_shape, tokens, epilogue, stable, kernels.Context.MultiprocessorCount, split, false, convolution);
        _function = kernels.Get(_geometry.Source, _geometry.Kernel);
    }

    /// <summary>Multiplies.</summary>
    /// <param name="stream">Where to queue it.</param>
    /// <param name="weight">[N, K], a single matrix.</param>
    /// <param name="input">[B, K] bfloat16; where K can be cut into tiles, each row begins at a multiple of 16 bytes.</param>
    /// <param name="output">[B, N], float32 or bfloat16 as the epilogue says; its rows may lie apart.</param>
    /// <param name="bias">[N] bfloat16, or <see langword="null"/>.</param>
    /// <param name="programmatic">See <see cref="CudaFunction.Launch"/>.</param>
    /// <param name="inputLow">[B, K] bfloat16 with the input's strides, what its rounding left; where the product was made for two parts.</param>
    /// <param name="outputLow">[B, N] with the strides of a bfloat16 output, for what its rounding leaves; or <see langword="null"/>.</param>
    /// <param name="convolution">What part of the product goes through, where the product was made for it.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        DeviceWeight weight,
        Tensor input,
        Tensor output,
        Tensor? bias = null,
        bool programmatic = false,
        Tensor? inputLow = null,
        Tensor? outputLow = null,
        Convolution? convolution = null)
    {
        ProductCheck.Weight(weight, _shape);
        ProductCheck.Single(weight);
        ProductCheck.Inputs(input, inputLow, _tokens, _shape, _split);
        ProductCheck.Outputs(output, outputLow, _tokens, _shape, _epilogue);
        if (bias is not null)
        {
            TensorCheck.Expect(bias, nameof(bias), ScalarType.BFloat16, _shape.Rows);
        }

        if (convolution?.Shape != _convolution)
        {
            throw new ArgumentException(
                $"convolution is {convolution?.Shape.ToString() ?? "missing"}; expected {_convolution?.ToString() ?? "none"}.", nameof(convolution));
        }

        convolution?.Check(_tokens);
        _function.Launch(
            stream,
            _geometry.Grid,
            _geometry.Threads,
            0,
            programmatic,
            [
                weight.Codes, KernelArgument.Of(weight.Scales), KernelArgument.Of(weight.GlobalScale), KernelArgument.Of(bias), input,
                KernelArgument.Of(inputLow), output, KernelArgument.Of(outputLow), _shape.Rows, _shape.Columns, _tokens, (int)input.stride(0),
                (int)output.stride(0), .. convolution?.Arguments ?? [],
            ]);
    }

    private static void CheckConvolution(GemmOperand weight, GemmEpilogue epilogue, ConvolutionShape? convolution)
    {
        if (convolution is not null && (convolution.RowWidth != weight.Rows || epilogue != GemmEpilogue.Store))
        {
            throw new ArgumentException(
                $"The convolution is one of rows of {convolution.RowWidth}; expected {weight.Rows}, and a product that is stored in float32.", nameof(convolution));
        }
    }
}
