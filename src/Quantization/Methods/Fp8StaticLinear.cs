using NemotronH.Kernels.Cuda.Products;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>
/// FP8 weights and FP8 activations under a static scale (W8A8), as a plain reference: xq = sat_e4m3(x / input_scale),
/// y = (xq · codes) · input_scale · weight_scale, all in float32.
/// </summary>
/// <param name="shape">Identity and size of the layer.</param>
public sealed class Fp8StaticLinear(LinearShape shape) : LinearMethod(shape)
{
    private Fp8Weight? _weight;
    private Fp8Weight? _codes;
    private DequantizationWorkspace? _workspace;

    [ComponentName(Name = "input_scale")]
    private Tensor? _inputScale;

    [ComponentName(Name = "bias")]
    private Tensor? _bias;

    /// <inheritdoc/>
    public override string Format => "fp8";

    /// <inheritdoc/>
    public override long WeightBytes => _weight?.Bytes ?? 0;

    /// <inheritdoc/>
    public override DeviceWeight DeviceWeight => throw new NemotronHException(
        $"module '{Shape.Module}' is applied as {nameof(Fp8Method.W8A8)}, a reference without kernels; expected {nameof(Fp8Method.W8A16)}");

    /// <inheritdoc/>
    public override Tensor? Bias => _bias;

    /// <inheritdoc/>
    protected override void LoadWeights(WeightLoader loader)
    {
        WeightNames names = WeightNames.OfModule(Shape.Module);
        float scale = loader.LoadScale(names.InputScale) ?? throw Missing(names.InputScale, "is missing");
        if (scale == 0f)
        {
            throw Missing(names.InputScale, "is 0");
        }

        _inputScale = tensor(scale, device: loader.Options.Device);
        _weight = (Fp8Weight)loader.LoadQuantized(names, Shape.OutFeatures, Shape.InFeatures);
        _bias = loader.LoadOptional($"{Shape.Module}.bias", ScalarType.Float32, Shape.OutFeatures);
    }

    /// <inheritdoc/>
    protected override void ProcessAfterLoading(WeightLoader loader)
    {
        _workspace = loader.Workspace;
        _codes = _weight!.Unscaled();
        QuantizedProduct.Reserve(_workspace, _codes, ScalarType.Float32);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor quantized = E4M3Tensor.Saturate(input.to(ScalarType.Float32) / _inputScale!).to(ScalarType.Float32);
        Tensor output = QuantizedProduct.Linear(quantized, _codes!, _workspace!).mul_(_inputScale!).mul_(_weight!.Scale);
        if (_bias is not null)
        {
            output.add_(_bias);
        }

        return output.to(input.dtype).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _weight?.Dispose();
            _codes?.Dispose();
        }

        base.Dispose(disposing);
    }

    private CheckpointException Missing(string name, string found) => new(
        $"module '{Shape.Module}': tensor '{name}' {found}; expected a positive static scale for FP8 activations ({nameof(Fp8Method.W8A8)}); "
        + $"{nameof(Fp8Method.W8A16)} needs none");
}
