using NemotronH.Configuration;
using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Modules;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Generation.Recorded;

/// <summary>A Mamba-2 block in a decode step: norm, in_proj with the convolution, state update, gated norm, out_proj onto the residual stream.</summary>
internal sealed class MambaStep : IStepLayer
{
    private readonly StepContext _step;
    private readonly Mamba2Mixer _mixer;
    private readonly Caching.MambaStates _states;
    private readonly StepNorm _norm;
    private readonly DeviceLinear _input;
    private readonly SsmUpdateKernel _update;
    private readonly GatedGroupRmsNormKernel _gatedNorm;
    private readonly DeviceLinear _output;
    private readonly Tensor _projected;
    private readonly Tensor _convolved;
    private readonly Tensor _y;
    private readonly SplitRows _mixed;

    /// <summary>Prepares a block.</summary>
    /// <param name="step">The step.</param>
    /// <param name="norm">The block's norm.</param>
    /// <param name="mixer">Its mixer.</param>
    public MambaStep(StepContext step, Modules.RmsNorm norm, Mamba2Mixer mixer)
    {
        MambaConfig mamba = step.Config.Mamba!;
        int width = mamba.InProjectionSize;
        _step = step;
        _mixer = mixer;
        _states = step.Cache.Mamba(mixer.Layer);
        _norm = new StepNorm(step, norm);
        _convolved = step.Arena.Take("convolved", ScalarType.Float32, step.Batch, mamba.ConvDim);
        var convolution = new ConvolutionShape(mamba.ConvDim, mamba.ConvKernel, width, mamba.InnerSize) { StateDtype = step.Cache.Options.ConvDtype };
        _input = step.Linear(
            mixer.Input,
            GemmEpilogue.Store,
            new Convolution(convolution, step.Slots, _states.Conv, mixer.Convolution.Weight, mixer.Convolution.Bias, _convolved));
        var shape = new SsmUpdateShape(mamba.NumHeads, mamba.HeadDim, mamba.NumGroups, mamba.StateSize, width, mamba.InnerSize + mamba.ConvDim)
        {
            TimeStepMin = mamba.TimeStepLimit.Min,
            TimeStepMax = mamba.TimeStepLimit.Max,
        };
        _update = new SsmUpdateKernel(step.Kernels, shape);
        _gatedNorm = new GatedGroupRmsNormKernel(
            step.Kernels, new GatedGroupRmsNormShape(mamba.InnerSize, mamba.NumGroups, mixer.Norm.Epsilon, width, GateColumn: 0));
        _output = step.Linear(mixer.Output, GemmEpilogue.Add);
        _projected = step.Arena.Take("in_proj", ScalarType.Float32, step.Batch, width);
        _y = step.Arena.Take("ssm output", ScalarType.Float32, step.Batch, mamba.InnerSize);
        _mixed = step.TakeInputs("mixed", mamba.InnerSize);
    }

    /// <inheritdoc/>
    public void Launch(CudaStream stream)
    {
        int rows = _step.Batch;
        _norm.Launch(stream);
        _input.Launch(stream, _step.Normed, _projected);
        _update.Launch(
            stream, rows, _convolved, _projected, _step.Slots, _states.Ssm, _mixer.A, _mixer.D, _mixer.DtBias, _y, programmatic: true);
        _gatedNorm.Launch(stream, rows, _y, _projected, _mixer.Norm.Weight, _mixed.High, programmatic: true, _mixed.Low);
        _output.Launch(stream, _mixed, _step.Residual);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _input.Dispose();
        _output.Dispose();
    }
}
