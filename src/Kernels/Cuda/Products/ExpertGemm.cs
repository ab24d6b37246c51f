using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>Products of a bank of experts with the tokens that chose them (<c>gemm.cu</c>); the host knows neither.</summary>
/// <remarks>
/// The choice is read on the device as entries grouped by expert; entry = token · top-k + choice. The grid is that of the most experts that could be
/// active; blocks beyond those that are end at once.
/// </remarks>
public sealed class ExpertGemm
{
    private readonly GemmOperand _shape;
    private readonly int _tokens;
    private readonly int _topK;
    private readonly int _active;
    private readonly GemmEpilogue _epilogue;
    private readonly bool _split;
    private readonly GemmGeometry _geometry;
    private readonly CudaFunction _function;

    /// <summary>Compiles the kernel for a shape.</summary>
    /// <param name="kernels">The GPU's kernels.</param>
    /// <param name="weight">Layout of the bank to come and size of its matrices.</param>
    /// <param name="tokens">Tokens B of every launch.</param>
    /// <param name="topK">Experts of a token.</param>
    /// <param name="active">Most experts that can be active.</param>
    /// <param name="epilogue">What becomes of the product; not <see cref="GemmEpilogue.Add"/>.</param>
    /// <param name="split">Whether inputs come as the sum of two bfloat16 parts; for up to <see cref="Gemm.MaxSplitTokens"/> tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no tokens, or too many to come in two parts.</exception>
    public ExpertGemm(
        KernelLibrary kernels, GemmOperand weight, int tokens, int topK, int active, GemmEpilogue epilogue, bool split = false)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        _shape = weight;
        _tokens = tokens;
        _topK = topK;
        _active = active;
        _epilogue = epilogue;
        _split = split;
        _geometry = GemmGeometry.Experts(_shape, tokens, active, epilogue, split);
        _function = kernels.Get(_geometry.Source, _geometry.Kernel);
    }

    /// <summary>Multiplies each token by the experts that it chose.</summary>
    /// <param name="stream">Where to queue it.</param>
    /// <param name="weight">[E, N, K]; or [active, N, K], a buffer that holds the active experts in their order.</param>
    /// <param name="isBank">Whether the weight is the bank of all experts, not a buffer of the active ones.</param>
    /// <param name="choice">Which experts are active, and for which entries.</param>
    /// <param name="input">[B, K] bfloat16 where each token is the input of all its experts, or [B · top-k, K] where each entry has its own.</param>
    /// <param name="output">[B · top-k, N], float32 or bfloat16 as the epilogue says. Rows that no entry names are left alone.</param>
    /// <param name="programmatic">See <see cref="CudaFunction.Launch"/>.</param>
    /// <param name="inputLow">bfloat16 with the input's shape and strides, what its rounding left; where the product was made for two parts.</param>
    /// <param name="outputLow">With the shape and strides of a bfloat16 output, for what its rounding leaves; or <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public void Launch(
        CudaStream stream,
        DeviceWeight weight,
        bool isBank,
        ActiveEntries choice,
        Tensor input,
        Tensor output,
        bool programmatic = false,
        Tensor? inputLow = null,
        Tensor? outputLow = null)
    {
        ProductCheck.Weight(weight, _shape);
        if (!isBank)
        {
            ProductCheck.Buffer(weight, _active);
        }

        bool ofTokens = input.size(0) == _tokens;
        ProductCheck.Inputs(input, inputLow, ofTokens ? _tokens : _tokens * _topK, _shape, _split);
        ProductCheck.Outputs(output, outputLow, _tokens * _topK, _shape, _epilogue);
        choice.Check(_active, _tokens * _topK);
        _function.Launch(
            stream,
            _geometry.Grid,
            _geometry.Threads,
            0,
            programmatic,
            weight.Codes,
            KernelArgument.Of(weight.Scales),
            KernelArgument.Of(weight.GlobalScale),
            KernelArgument.Of(isBank ? choice.Experts : null),
            choice.Count,
            choice.Offsets,
            choice.Entries,
            input,
            KernelArgument.Of(inputLow),
            output,
            KernelArgument.Of(outputLow),
            _shape.Rows,
            _shape.Columns,
            ofTokens ? _topK : 1,
            (int)input.stride(0),
            (int)output.stride(0));
    }
}
