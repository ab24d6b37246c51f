using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Generation.Recorded;

/// <summary>The norm in front of a layer: from the residual stream to the input of the layer's first projection.</summary>
internal sealed class StepNorm
{
    private readonly StepContext _step;
    private readonly Tensor _weight;
    private readonly RmsNormKernel _kernel;

    /// <summary>Prepares a norm.</summary>
    /// <param name="step">The step.</param>
    /// <param name="norm">Its weights.</param>
    public StepNorm(StepContext step, Modules.RmsNorm norm)
    {
        _step = step;
        _weight = norm.Weight;
        _kernel = new RmsNormKernel(step.Kernels, new RmsNormShape(step.Config.HiddenSize, norm.Epsilon));
    }

    /// <summary>Queues the launch.</summary>
    /// <param name="stream">The stream.</param>
    public void Launch(CudaStream stream) =>
        _kernel.Launch(stream, _step.Batch, _step.Residual, _weight, _step.Normed.High, programmatic: true, _step.Normed.Low);
}
