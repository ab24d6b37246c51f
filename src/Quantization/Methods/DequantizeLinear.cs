using NemotronH.Kernels.Cuda.Products;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>A weight that stays FP8 or NVFP4 in memory and is dequantised, at each use, into the buffer that all layers share.</summary>
/// <remarks>W8A16 and W4A16 as serving engines call it.</remarks>
/// <param name="shape">Identity and size of the layer.</param>
public sealed class DequantizeLinear(LinearShape shape) : LinearMethod(shape)
{
    private QuantizedWeight? _weight;
    private DequantizationWorkspace? _workspace;

    [ComponentName(Name = "bias")]
    private Tensor? _bias;

    /// <inheritdoc/>
    public override string Format => _weight!.Format;

    /// <inheritdoc/>
    public override long WeightBytes => _weight?.Bytes ?? 0;

    /// <inheritdoc/>
    public override DeviceWeight DeviceWeight => _weight!.OnDevice();

    /// <inheritdoc/>
    public override Tensor? Bias => _bias;

    /// <inheritdoc/>
    protected override void LoadWeights(WeightLoader loader)
    {
        _weight = loader.LoadQuantized(WeightNames.OfModule(Shape.Module), Shape.OutFeatures, Shape.InFeatures);
        _bias = loader.LoadOptional($"{Shape.Module}.bias", loader.Options.ComputeDtype, Shape.OutFeatures);
    }

    /// <inheritdoc/>
    protected override void ProcessAfterLoading(WeightLoader loader)
    {
        _workspace = loader.Workspace;
        _weight = loader.Repack(_weight!);
        QuantizedProduct.Reserve(_workspace, _weight!, loader.Options.ComputeDtype);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        Tensor output = QuantizedProduct.Linear(input, _weight!, _workspace!);
        return _bias is null ? output : output.add_(_bias);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _weight?.Dispose();
        }

        base.Dispose(disposing);
    }
}
