using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>Products of a bank of experts with the tokens that chose them (<c>gemm.cu</c>); the host knows neither.</summary>
/// <remarks>
/// The choice is read on the device as entries grouped by expert; entry = token · choices + choice. The grid is that of the most experts that could be
/// active; blocks beyond those that are end at once. A matrix that all tokens take may be multiplied by beside the bank: its parts are a token's
/// last choices, and begin to load before the choice is known.
/// </remarks>
public sealed class ExpertGemm
{
    private readonly GemmOperand _shape;
    private readonly int _tokens;
    private readonly int _topK;
    private readonly int _active;
    private readonly GemmEpilogue _epilogue;
    private readonly bool _split;
    private readonly SharedParts _shared;
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
    /// <param name="shared">How the matrix that all tokens take is cut; <see cref="SharedParts.None"/> where there is none.</param>
    /// <param name="stable">Whether no kernel of the stream writes the weights; false for a buffer of the active experts.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no tokens, or too many to come in two parts.</exception>
    public ExpertGemm(
        KernelLibrary kernels,
        GemmOperand weight,
        int tokens,
        int topK,
        int active,
        GemmEpilogue epilogue,
        bool split = false,
        SharedParts shared = default,
        bool stable = true)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        _shape = weight;
        _tokens = tokens;
        _topK = topK;
        _active = active;
        _epilogue = epilogue;
        _split = split;
        _shared = shared;
        _geometry = GemmGeometry.Experts(_shape, tokens, active, epilogue, stable, split, shared);
        _function = kernels.Get(_geometry.Source, _geometry.Kernel);
    }

    /// <summary>Multiplies each token by the experts that it chose.</summary>
    /// <param name="stream">Where to queue it.</param>
    /// <param name="weight">[E, N, K]; or [active, N, K], a buffer that holds the active experts in their order.</param>
    /// <param name="isBank">Whether the weight is the bank of all experts, not a buffer of the active ones.</param>
    /// <param name="choice">Which experts are active, and for which entries.</param>
    /// <param name="input">[B, K] bfloat16 where each token is the input of all its experts, or [B · choices, K] where each entry has its own.</param>
    /// <param name="output">[B · choices, N], float32 or bfloat16 as the epilogue says. Rows that no entry names are left alone.</param>
    /// <param name="programmatic">See <see cref="CudaFunction.Launch"/>.</param>
    /// <param name="inputLow">bfloat16 with the input's shape and strides, what its rounding left; where the product was made for two parts.</param>
    /// <param name="outputLow">With the shape and strides of a bfloat16 output, for what its rounding leaves; or <see langword="null"/>.</param>
    /// <param name="shared">The matrix that all tokens take, of the layout and size that its parts make; where the product was made for one.</param>
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
        Tensor? outputLow = null,
        DeviceWeight? shared = null)
    {
        ProductCheck.Weight(weight, _shape);
        if (!isBank)
        {
            ProductCheck.Buffer(weight, _active);
        }

        int choices = _topK + _shared.Count;
        bool ofTokens = input.size(0) == _tokens;
        ProductCheck.Inputs(input, inputLow, ofTokens ? _tokens : _tokens * choices, _shape, _split);
        ProductCheck.Outputs(output, outputLow, _tokens * choices, _shape, _epilogue);
        CheckShared(shared);
        choice.Check(_active, _tokens * _topK);
        KernelArgument[] matrices = [weight.Codes, KernelArgument.Of(weight.Scales), KernelArgument.Of(weight.GlobalScale)];
        KernelArgument[] lists = [KernelArgument.Of(isBank ? choice.Experts : null), choice.Offsets, choice.Entries];
        KernelArgument[] rows = [input, KernelArgument.Of(inputLow), output, KernelArgument.Of(outputLow), _shape.Rows, _shape.Columns];
        KernelArgument[] strides = [ofTokens ? choices : 1, (int)input.stride(0), (int)output.stride(0)];
        KernelArgument[] arguments = _shape.FitsTiles
            ? [.. matrices, .. SharedArguments(shared), .. lists, .. rows, _tokens, choices, .. strides]
            : [.. matrices, .. lists, .. rows, .. strides];
        _function.Launch(stream, _geometry.Grid, _geometry.Threads, 0, programmatic, arguments);
    }

    private static KernelArgument[] SharedArguments(DeviceWeight? shared) =>
        [KernelArgument.Of(shared?.Codes), KernelArgument.Of(shared?.Scales), KernelArgument.Of(shared?.GlobalScale)];

    private void CheckShared(DeviceWeight? shared)
    {
        if (shared is null != (_shared.Count == 0))
        {
            throw new ArgumentException(
                $"shared is {(shared is null ? "missing" : "given")}; the product was made {(_shared.Count == 0 ? "without" : "with")} it.", nameof(shared));
        }

        if (shared is not null)
        {
            ProductCheck.Weight(shared, _shared.Whole(_shape));
            ProductCheck.Single(shared);
        }
    }
}
