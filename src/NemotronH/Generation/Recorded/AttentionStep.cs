using NemotronH.Caching;
using NemotronH.Configuration;
using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Kernels.Interop;
using NemotronH.Modules;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Generation.Recorded;

/// <summary>An attention block in a decode step: norm, projections, append to the pages, attention over them, o_proj onto the residual stream.</summary>
internal sealed class AttentionStep : IStepLayer
{
    private readonly StepContext _step;
    private readonly KeyValueScales _scales;
    private readonly KeyValueCache _cache;
    private readonly StepNorm _norm;
    private readonly DeviceLinears _inputs;
    private readonly KeyValueAppendKernel _append;
    private readonly PagedAttentionKernel _attention;
    private readonly DeviceLinear _output;
    private readonly Tensor _projected;
    private readonly Tensor _workspace;
    private readonly SplitRows _attended;

    /// <summary>Prepares a block.</summary>
    /// <param name="step">The step.</param>
    /// <param name="norm">The block's norm.</param>
    /// <param name="mixer">Its mixer.</param>
    public AttentionStep(StepContext step, Modules.RmsNorm norm, Attention mixer)
    {
        AttentionConfig attention = step.Config.Attention!;
        int width = (attention.NumHeads + (2 * attention.NumKeyValueHeads)) * attention.HeadDim;
        bool float8 = step.Cache.Options.KeyValueDtype == AtenInterop.Float8E4M3;
        _step = step;
        _scales = float8 ? mixer.Scales : KeyValueScales.One;
        _cache = step.Cache.KeyValues(mixer.Layer);
        _norm = new StepNorm(step, norm);
        _projected = step.Arena.Take("qkv", ScalarType.Float32, step.Batch, width);
        _inputs = new DeviceLinears(
            step.Kernels, [.. mixer.Inputs.Select(input => (input.DeviceWeight, input.Bias))], step.Batch, _projected, step.Buffer, step.Split);

        var shape = new PagedAttentionShape(
            attention.NumHeads, attention.NumKeyValueHeads, attention.HeadDim, step.Cache.Options.PageSize, step.State.PagesPerSequence, width)
        {
            Float8 = float8,
        };
        _append = new KeyValueAppendKernel(step.Kernels, shape);
        _attention = new PagedAttentionKernel(step.Kernels, shape);
        _workspace = step.Arena.TakeVector("attention", ScalarType.Float32, _attention.WorkspaceSize(step.Batch));
        _attended = step.TakeInputs("attended", (long)attention.NumHeads * attention.HeadDim);
        _output = step.Linear(mixer.Output, GemmEpilogue.Add);
    }

    /// <inheritdoc/>
    public void Launch(CudaStream stream)
    {
        int rows = _step.Batch;
        Tensor table = _step.State.PageTable;
        _norm.Launch(stream);
        _inputs.Launch(stream, _step.Normed);
        _append.Launch(
            stream, rows, _projected, _step.Slots, _step.Positions, table, _cache.Keys, _cache.Values, _scales.Key, _scales.Value, programmatic: true);
        _attention.Launch(
            stream, rows, _projected, _step.Slots, _step.Positions, table, _cache.Keys, _cache.Values, _scales.Key, _scales.Value, _workspace,
            _attended.High, programmatic: true, _attended.Low);
        _output.Launch(stream, _attended, _step.Residual);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inputs.Dispose();
        _output.Dispose();
    }
}
