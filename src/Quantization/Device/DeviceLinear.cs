using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>
/// A linear layer in a decode step on a GPU. A weight that the products read as it lies is read; another is dequantised into the shared buffer
/// first, and read there.
/// </summary>
public sealed class DeviceLinear : IDisposable
{
    private readonly DeviceWeight _weight;
    private readonly Tensor? _bias;
    private readonly MatrixDequantizer? _dequantizer;
    private readonly DequantizationBuffer? _buffer;
    private readonly Convolution? _convolution;
    private readonly Gemm _gemm;
    private DeviceWeight? _dequantized;

    /// <summary>Prepares a layer for a batch size.</summary>
    /// <param name="kernels">The GPU's kernels.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="bias">[N] in bfloat16, or <see langword="null"/>.</param>
    /// <param name="tokens">Tokens B of every launch.</param>
    /// <param name="epilogue">What becomes of the product.</param>
    /// <param name="buffer">The step's buffer; <see langword="null"/> where kernels decode every weight as it lies.</param>
    /// <param name="split">Whether inputs come in two parts; see <see cref="Gemm"/>.</param>
    /// <param name="convolution">What part of the product goes through, or <see langword="null"/>.</param>
    public DeviceLinear(
        KernelLibrary kernels,
        DeviceWeight weight,
        Tensor? bias,
        int tokens,
        GemmEpilogue epilogue,
        DequantizationBuffer? buffer,
        bool split = false,
        Convolution? convolution = null)
    {
        _convolution = convolution;
        _weight = weight;
        _bias = bias;
        _buffer = buffer;
        if (buffer is null || !DeviceWeights.NeedsDequantizing(GemmOperand.Of(weight)))
        {
            _gemm = new Gemm(kernels, GemmOperand.Of(weight), tokens, epilogue, split: split, convolution: convolution?.Shape);
            return;
        }

        _dequantizer = new MatrixDequantizer(kernels);
        buffer.Reserve((long)weight.Rows * weight.Columns);
        _gemm = new Gemm(kernels, GemmOperand.Dequantized(weight), tokens, epilogue, stable: false, split, convolution?.Shape);
    }

    /// <summary>Multiplies: output = input · Wᵀ + bias.</summary>
    /// <param name="stream">Where to queue it.</param>
    /// <param name="input">[B, K] bfloat16, in as many parts as the layer was prepared for.</param>
    /// <param name="output">[B, N], as the epilogue says.</param>
    public void Launch(CudaStream stream, SplitRows input, SplitRows output) =>
        _gemm.Launch(stream, Dequantize(stream), input.High, output.High, _bias, programmatic: true, input.Low, output.Low, _convolution);

    /// <inheritdoc/>
    public void Dispose() => _dequantized?.Codes.Dispose();

    private DeviceWeight Dequantize(CudaStream stream)
    {
        if (_dequantizer is null)
        {
            return _weight;
        }

        _dequantized ??= DeviceWeight.Plain("the dequantisation buffer", _buffer!.View(_weight.Rows, _weight.Columns));
        if (_weight.Layout == WeightLayout.Nvfp4)
        {
            _dequantizer.Nvfp4(stream, _weight.Codes, _weight.Scales!, _weight.GlobalScale!, _dequantized.Codes, programmatic: true);
        }
        else
        {
            _dequantizer.Fp8(stream, _weight.Codes, _weight.GlobalScale!, _dequantized.Codes, programmatic: true);
        }

        return _dequantized;
    }
}
