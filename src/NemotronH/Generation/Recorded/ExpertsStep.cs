using NemotronH.Configuration;
using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Modules;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Generation.Recorded;

/// <summary>
/// A mixture of experts in a decode step: norm with router, the active experts' two projections, their weighted sum; in a latent space where the model has
/// one. Shared experts that can be cut into pieces as large as the others run in the same launches, else behind. The host knows nothing of the routing.
/// </summary>
internal sealed class ExpertsStep : IStepLayer
{
    private readonly StepContext _step;
    private readonly Router _router;
    private readonly Modules.RmsNorm _norm;
    private readonly RouterTopK _route;
    private readonly DeviceExperts _up;
    private readonly DeviceExperts _down;
    private readonly ExpertCombine _combine;
    private readonly MlpStep? _shared;
    private readonly DeviceLinear? _toLatent;
    private readonly DeviceLinear? _fromLatent;
    private readonly ActiveEntries _choice;
    private readonly Tensor _logits;
    private readonly Tensor _arrivals;
    private readonly Tensor _ids;
    private readonly Tensor _weights;
    private readonly SplitRows _input;
    private readonly SplitRows _inner;
    private readonly Tensor _outputs;
    private readonly SplitRows _combined;

    /// <summary>Prepares a block.</summary>
    /// <param name="step">The step.</param>
    /// <param name="norm">The block's norm.</param>
    /// <param name="mixer">Its mixer.</param>
    public ExpertsStep(StepContext step, Modules.RmsNorm norm, MixtureOfExperts mixer)
    {
        MoeConfig moe = step.Config.Moe!;
        (StepArena arena, int batch, int topK) = (step.Arena, step.Batch, moe.TopK);
        int width = moe.LatentSize ?? step.Config.HiddenSize;
        _step = step;
        _router = mixer.Router;
        _norm = norm;
        int parts = PartsOf(step, mixer), choices = topK + parts;
        Mlp? merged = parts > 0 ? mixer.SharedExperts : null;
        _route = new RouterTopK(step.Kernels, Shape(step.Config.HiddenSize, moe), batch, parts);
        _up = new DeviceExperts(
            step.Kernels, mixer.Experts.DeviceUp, batch, topK, GemmEpilogue.SquaredRelu, step.Buffer, step.Split, merged?.Up.DeviceWeight);
        _down = new DeviceExperts(
            step.Kernels, mixer.Experts.DeviceDown, batch, topK, GemmEpilogue.Store, step.Buffer, step.Split, merged?.Down.DeviceWeight);
        _toLatent = mixer.ToLatent is null ? null : step.Linear(mixer.ToLatent, GemmEpilogue.StoreBFloat16);
        _fromLatent = mixer.FromLatent is null ? null : step.Linear(mixer.FromLatent, GemmEpilogue.Add);
        _combine = new ExpertCombine(
            step.Kernels, width, topK, batch, _fromLatent is null ? CombineInto.Residual : CombineInto.BFloat16, parts);
        _shared = mixer.SharedExperts is null || parts > 0 ? null : new MlpStep(step, norm: null, mixer.SharedExperts);

        _logits = arena.Take("router", ScalarType.Float32, batch, moe.NumExperts);
        _arrivals = arena.TakeVector("arrivals", ScalarType.Int32, _route.Arrivals);
        _ids = arena.Take("expert ids", ScalarType.Int32, batch, topK);
        _weights = arena.Take("expert weights", ScalarType.Float32, batch, topK);
        int active = ActiveEntries.MostActive(moe.NumExperts, topK, batch);
        _choice = new ActiveEntries(
            arena.TakeVector("active count", ScalarType.Int32, 1),
            arena.TakeVector("active experts", ScalarType.Int32, active),
            arena.TakeVector("offsets", ScalarType.Int32, active + 1),
            arena.TakeVector("entries", ScalarType.Int32, batch * topK));
        _input = _toLatent is null ? step.Normed : step.TakeInputs("latent", width);
        _inner = step.TakeInputs("expert inner", moe.IntermediateSize, perRow: choices);
        _outputs = arena.Take("expert outputs", ScalarType.Float32, batch, width, perRow: choices);
        _combined = _fromLatent is null ? step.Residual : step.TakeInputs("latent sum", width);
    }

    /// <summary>[1] int32: how many experts the tokens of the last step chose; all blocks write to the same place.</summary>
    public Tensor ActiveCount => _choice.Count;

    /// <inheritdoc/>
    public void Launch(CudaStream stream)
    {
        int padding = _step.State.DummySlot;
        _route.Launch(
            stream, _step.Residual, _norm.Weight, _norm.Epsilon, _router.Weight, _router.CorrectionBias, _step.Slots, padding,
            _step.Normed.High, _step.Normed.Low, _logits, _arrivals, _ids, _weights, _choice, programmatic: true);
        _toLatent?.Launch(stream, _step.Normed, _input);
        _up.Launch(stream, _choice, _input, _inner);
        _down.Launch(stream, _choice, _inner, _outputs);
        _combine.Launch(stream, _outputs, _weights, _step.Slots, padding, _combined.High, programmatic: true, _combined.Low);
        _fromLatent?.Launch(stream, _combined, _step.Residual);
        _shared?.Launch(stream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable? part in new IDisposable?[] { _up, _down, _toLatent, _fromLatent, _shared })
        {
            part?.Dispose();
        }
    }

    /// <summary>Pieces of the shared experts that run beside the routed ones; 0 where there are none or they run behind.</summary>
    private static int PartsOf(StepContext step, MixtureOfExperts mixer)
    {
        if (mixer.SharedExperts is not { Up.Bias: null, Down.Bias: null } shared || mixer.ToLatent is not null)
        {
            return 0;
        }

        SharedParts up = DeviceExperts.PartsOf(mixer.Experts.DeviceUp, shared.Up.DeviceWeight, step.Buffer);
        SharedParts down = DeviceExperts.PartsOf(mixer.Experts.DeviceDown, shared.Down.DeviceWeight, step.Buffer);
        return up.Count == down.Count && !up.AlongColumns && (down.AlongColumns || down.Count == 1) ? up.Count : 0;
    }

    private static RouterShape Shape(int hidden, MoeConfig moe) => new(
        hidden, moe.NumExperts, moe.TopK, moe.NumGroups, moe.TopKGroups, moe.NormTopKProb, (float)moe.RoutedScalingFactor);
}
