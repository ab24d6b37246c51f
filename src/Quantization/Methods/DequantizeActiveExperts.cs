using NemotronH.Kernels.Cuda.Products;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>
/// Experts whose weights stay as they are stored (NVFP4, FP8, bfloat16, float32; up and down may differ): each step, only the active experts' weights
/// are brought to the compute dtype, in the buffer that all layers share, and plain GEMMs read them there.
/// </summary>
/// <remarks>
/// On the CPU the host reads which experts are active and takes one after the other, out of the checkpoint's own memory. On another device it reads
/// nothing: a mask of active experts is built there, and as many experts as could be active run in shapes that do not depend on it. With
/// <see cref="WeightOptions.GroupedExperts"/>, prompts run all experts as grouped products.
/// </remarks>
/// <param name="shape">Identity and size of the bank.</param>
public sealed class DequantizeActiveExperts(ExpertsShape shape) : ExpertsMethod(shape)
{
    private ExpertProjection? _up;
    private ExpertProjection? _down;
    private bool _grouped;

    /// <summary>Name of the format; both names, up first, where the projections' formats differ.</summary>
    public override string Format => _up!.Format == _down!.Format ? _up.Format : $"{_up.Format}+{_down.Format}";

    /// <inheritdoc/>
    public override long WeightBytes => (_up?.Bytes ?? 0) + (_down?.Bytes ?? 0);

    /// <inheritdoc/>
    public override DeviceWeight DeviceUp => _up!.OnDevice();

    /// <inheritdoc/>
    public override DeviceWeight DeviceDown => _down!.OnDevice();

    /// <inheritdoc/>
    protected override void LoadWeights(WeightLoader loader)
    {
        bool onHost = loader.Options.Device.type == DeviceType.CPU;
        _grouped = loader.Options.Groups(Shape.Intermediate, Shape.Features);
        var reader = new ExpertProjectionReader(loader, stacked: !onHost || _grouped);
        _up = reader.Read(Shape, "up_proj", Shape.Intermediate, Shape.Features);
        _down = reader.Read(Shape, "down_proj", Shape.Features, Shape.Intermediate);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input, Tensor expertIds, Tensor expertWeights)
    {
        if (_grouped && expertIds.NumberOfElements >= Shape.Count)
        {
            return ActiveExperts.Grouped(input, expertIds, expertWeights, _up!, _down!);
        }

        if (input.device_type != DeviceType.CPU)
        {
            return ActiveExperts.Batched(input, expertIds, expertWeights, _up!, _down!);
        }

        return _up!.Panels is { } up && _down!.Panels is { } down && input.size(0) <= PanelWeight.MostRows
            ? HostExperts.Run(input, expertIds, expertWeights, up, down)
            : ActiveExperts.OneByOne(input, expertIds, expertWeights, _up, _down!);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _up?.Dispose();
            _down?.Dispose();
        }

        base.Dispose(disposing);
    }
}
