using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>
/// One projection of a bank of experts in a decode step on a GPU. Weights that the products read as they lie are read; of others, those of the
/// active experts are dequantised into the shared buffer first, and read there. The host knows neither which experts are active nor how many.
/// </summary>
public sealed class DeviceExperts : IDisposable
{
    private readonly DeviceWeight _bank;
    private readonly int _active;
    private readonly ActiveExpertDequantizer? _dequantizer;
    private readonly DequantizationBuffer? _buffer;
    private readonly DeviceWeight? _shared;
    private readonly ExpertGemm _gemm;
    private DeviceWeight? _dequantized;

    /// <summary>Prepares a projection for a batch size.</summary>
    /// <param name="kernels">The GPU's kernels.</param>
    /// <param name="bank">[E, N, K].</param>
    /// <param name="tokens">Tokens B of every launch.</param>
    /// <param name="topK">Experts of a token.</param>
    /// <param name="epilogue">What becomes of the product.</param>
    /// <param name="buffer">The step's buffer; <see langword="null"/> where kernels decode every weight as it lies.</param>
    /// <param name="split">Whether inputs come in two parts; see <see cref="Gemm"/>.</param>
    /// <param name="shared">The shared experts' weight where it is multiplied in the same launch; see <see cref="PartsOf"/>.</param>
    public DeviceExperts(
        KernelLibrary kernels,
        DeviceWeight bank,
        int tokens,
        int topK,
        GemmEpilogue epilogue,
        DequantizationBuffer? buffer,
        bool split = false,
        DeviceWeight? shared = null)
    {
        _bank = bank;
        _buffer = buffer;
        _shared = shared;
        _active = ActiveEntries.MostActive(bank.Count, topK, tokens);
        if (ReadsAsItLies(bank, buffer))
        {
            SharedParts parts = shared is null ? SharedParts.None : PartsOf(bank, shared, buffer);
            _gemm = new ExpertGemm(kernels, GemmOperand.Of(bank), tokens, topK, _active, epilogue, split, parts);
            return;
        }

        _dequantizer = new ActiveExpertDequantizer(kernels);
        buffer!.Reserve((long)_active * bank.Rows * bank.Columns);
        _gemm = new ExpertGemm(kernels, GemmOperand.Dequantized(bank), tokens, topK, _active, epilogue, split, stable: false);
    }

    /// <summary>How shared experts' weights are cut to be multiplied in one launch with a bank's.</summary>
    /// <param name="bank">[E, N, K].</param>
    /// <param name="shared">The shared experts' weight of the same projection.</param>
    /// <param name="buffer">The step's buffer; <see langword="null"/> where kernels decode every weight as it lies.</param>
    /// <returns>The parts; none where the shapes or layouts do not allow it, or the bank is dequantised first.</returns>
    public static SharedParts PartsOf(DeviceWeight bank, DeviceWeight shared, DequantizationBuffer? buffer) =>
        ReadsAsItLies(bank, buffer) ? SharedParts.Of(GemmOperand.Of(bank), GemmOperand.Of(shared)) : SharedParts.None;

    /// <summary>Multiplies each token by the experts that it chose, and by the shared ones.</summary>
    /// <param name="stream">Where to queue it.</param>
    /// <param name="choice">Which experts are active, and for which entries.</param>
    /// <param name="input">[B, K] or [B · choices, K] bfloat16, in as many parts as were prepared for; see <see cref="ExpertGemm.Launch"/>.</param>
    /// <param name="output">[B · choices, N], as the epilogue says.</param>
    public void Launch(CudaStream stream, ActiveEntries choice, SplitRows input, SplitRows output)
    {
        DeviceWeight weight = Dequantize(stream, choice);
        _gemm.Launch(
            stream, weight, isBank: _dequantizer is null, choice, input.High, output.High, programmatic: true, input.Low, output.Low, _shared);
    }

    /// <inheritdoc/>
    public void Dispose() => _dequantized?.Codes.Dispose();

    private static bool ReadsAsItLies(DeviceWeight bank, DequantizationBuffer? buffer) =>
        buffer is null || !DeviceWeights.NeedsDequantizing(GemmOperand.Of(bank));

    private DeviceWeight Dequantize(CudaStream stream, ActiveEntries choice)
    {
        if (_dequantizer is null)
        {
            return _bank;
        }

        _dequantized ??= DeviceWeight.Plain("the dequantisation buffer", _buffer!.View(_active, _bank.Rows, _bank.Columns));
        Tensor target = _dequantized.Codes;
        if (_bank.Layout == WeightLayout.Nvfp4)
        {
            _dequantizer.Nvfp4(
                stream, _bank.Codes, _bank.Scales!, _bank.GlobalScale!, choice.Count, choice.Experts, target, programmatic: true);
        }
        else
        {
            _dequantizer.Fp8(stream, _bank.Codes, _bank.GlobalScale!, choice.Count, choice.Experts, target, programmatic: true);
        }

        return _dequantized;
    }
}
