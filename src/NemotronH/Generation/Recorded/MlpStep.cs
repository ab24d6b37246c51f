using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Modules;
using NemotronH.Quantization;

namespace NemotronH.Generation.Recorded;

/// <summary>The two projections of an MLP in a decode step, from the normed rows onto the residual stream.</summary>
internal sealed class MlpStep : IStepLayer
{
    private readonly StepContext _step;
    private readonly StepNorm? _norm;
    private readonly DeviceLinear _up;
    private readonly DeviceLinear _down;
    private readonly SplitRows _inner;

    /// <summary>Prepares an MLP.</summary>
    /// <param name="step">The step.</param>
    /// <param name="norm">The block's norm, or <see langword="null"/> where the rows are normed already: shared experts.</param>
    /// <param name="mlp">Its weights.</param>
    public MlpStep(StepContext step, Modules.RmsNorm? norm, Mlp mlp)
    {
        _step = step;
        _norm = norm is null ? null : new StepNorm(step, norm);
        _up = step.Linear(mlp.Up, GemmEpilogue.SquaredRelu);
        _down = step.Linear(mlp.Down, GemmEpilogue.Add);
        _inner = step.TakeInputs("mlp", mlp.Up.Shape.OutFeatures);
    }

    /// <inheritdoc/>
    public void Launch(CudaStream stream)
    {
        _norm?.Launch(stream);
        _up.Launch(stream, _step.Normed, _inner);
        _down.Launch(stream, _inner, _step.Residual);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _up.Dispose();
        _down.Dispose();
    }
}
