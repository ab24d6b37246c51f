using NemotronH.Kernels.Cuda.Products;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>A weight held in the compute dtype (bfloat16 or float32).</summary>
/// <param name="shape">Identity and size of the layer.</param>
public sealed class UnquantizedLinear(LinearShape shape) : LinearMethod(shape)
{
    [ComponentName(Name = "weight")]
    private Tensor? _weight;

    [ComponentName(Name = "bias")]
    private Tensor? _bias;

    private PanelWeight? _panels;

    /// <inheritdoc/>
    public override string Format => _weight?.dtype == ScalarType.BFloat16 ? "bf16" : "fp32";

    /// <inheritdoc/>
    public override long WeightBytes => _weight is null ? 0 : _weight.NumberOfElements * _weight.element_size();

    /// <inheritdoc/>
    public override DeviceWeight DeviceWeight => DeviceWeight.Plain(Shape.Module, _weight!);

    /// <inheritdoc/>
    public override Tensor? Bias => _bias;

    /// <inheritdoc/>
    protected override void LoadWeights(WeightLoader loader)
    {
        _weight = loader.Load($"{Shape.Module}.weight", loader.Options.ComputeDtype, Shape.OutFeatures, Shape.InFeatures);
        _bias = loader.LoadOptional($"{Shape.Module}.bias", loader.Options.ComputeDtype, Shape.OutFeatures);
    }

    /// <inheritdoc/>
    protected override void ProcessAfterLoading(WeightLoader loader) =>
        _panels = PanelWeight.AreFor(loader.Options) && _weight!.dtype == ScalarType.Float32 ? PanelWeight.Pack(_weight) : null;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (_panels is null || !PanelWeight.Suits(input.size(0)))
        {
            return nn.functional.linear(input, _weight!, _bias);
        }

        Tensor output = _panels.Multiply(input);
        return _bias is null ? output : output.add_(_bias);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _panels?.Dispose();
        }

        base.Dispose(disposing);
    }
}
