using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>Experts held in the compute dtype (bfloat16 or float32).</summary>
/// <param name="shape">Identity and size of the bank.</param>
public sealed class UnquantizedExperts(ExpertsShape shape) : ExpertsMethod(shape)
{
    private ExpertWeights? _up;
    private ExpertWeights? _down;

    /// <inheritdoc/>
    public override string Format => _up?[0].dtype == ScalarType.BFloat16 ? "bf16" : "fp32";

    /// <inheritdoc/>
    public override long WeightBytes => (_up?.Bytes ?? 0) + (_down?.Bytes ?? 0);

    /// <inheritdoc/>
    protected override void LoadWeights(WeightLoader loader)
    {
        _up = ExpertWeights.Load(loader, Shape, "up_proj", Shape.Intermediate, Shape.Features);
        _down = ExpertWeights.Load(loader, Shape, "down_proj", Shape.Features, Shape.Intermediate);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input, Tensor expertIds, Tensor expertWeights) =>
        ActiveExperts.Run(input, expertIds, expertWeights, expert => (_up![expert], _down![expert]));

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
