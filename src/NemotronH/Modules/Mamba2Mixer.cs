using NemotronH.Caching;
using NemotronH.Configuration;
using NemotronH.Quantization;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>The Mamba-2 mixer: projection, causal convolution, selective scan, gated norm, projection.</summary>
public sealed class Mamba2Mixer : Mixer
{
    private readonly MambaConfig _config;
    private readonly int _layer;
    private readonly bool _clampLikeHf;

    [ComponentName(Name = "in_proj")]
    private readonly LinearMethod _inProj;

    [ComponentName(Name = "conv1d")]
    private readonly CausalConvolution _conv;

    [ComponentName(Name = "A")]
    private readonly Tensor _a;

    [ComponentName(Name = "D")]
    private readonly Tensor _d;

    [ComponentName(Name = "dt_bias")]
    private readonly Tensor _dtBias;

    [ComponentName(Name = "norm")]
    private readonly GatedGroupRmsNorm _norm;

    [ComponentName(Name = "out_proj")]
    private readonly LinearMethod _outProj;

    /// <summary>Loads a Mamba-2 mixer.</summary>
    /// <param name="loader">The model's weight loader.</param>
    /// <param name="name">Canonical module name.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="layer">Index among the Mamba layers.</param>
    /// <param name="clampLikeHf">Whether prefill clamps dt at <c>time_step_min</c>, as HF transformers does.</param>
    public Mamba2Mixer(WeightLoader loader, string name, NemotronHConfig config, int layer, bool clampLikeHf)
        : base(name)
    {
        MambaConfig mamba = config.Mamba!;
        _config = mamba;
        _layer = layer;
        _clampLikeHf = clampLikeHf;
        _inProj = loader.LoadLinear($"{name}.in_proj", mamba.InProjectionSize, config.HiddenSize);
        _conv = new CausalConvolution(loader, $"{name}.conv1d", mamba.ConvDim, mamba.ConvKernel, mamba.UseConvBias);
        using (Tensor logarithm = loader.Load($"{name}.A_log", ScalarType.Float32, mamba.NumHeads))
        {
            _a = logarithm.exp().neg_();
        }

        _d = loader.Load($"{name}.D", ScalarType.Float32, mamba.NumHeads);
        _dtBias = loader.Load($"{name}.dt_bias", ScalarType.Float32, mamba.NumHeads);
        _norm = new GatedGroupRmsNorm(loader, $"{name}.norm", mamba.InnerSize, mamba.NumGroups, config.LayerNormEpsilon);
        _outProj = loader.LoadLinear($"{name}.out_proj", config.HiddenSize, mamba.InnerSize);
        RegisterComponents();
    }

    /// <summary>Index among the Mamba layers.</summary>
    internal int Layer => _layer;

    /// <summary>The projection to gate, convolution input and dt.</summary>
    internal LinearMethod Input => _inProj;

    /// <summary>The convolution.</summary>
    internal CausalConvolution Convolution => _conv;

    /// <summary>[heads] float32, negative.</summary>
    internal Tensor A => _a;

    /// <summary>[heads] float32, the skip connection's factors.</summary>
    internal Tensor D => _d;

    /// <summary>[heads] float32.</summary>
    internal Tensor DtBias => _dtBias;

    /// <summary>The gated norm before the output projection.</summary>
    internal GatedGroupRmsNorm Norm => _norm;

    /// <summary>The output projection.</summary>
    internal LinearMethod Output => _outProj;

    /// <inheritdoc/>
    public override Tensor forward(Tensor hidden, ForwardBatch batch)
    {
        using var scope = NewDisposeScope();
        Tensor[] projected = _inProj.forward(hidden).split([_config.InnerSize, _config.ConvDim, _config.NumHeads], -1);
        (Tensor gate, Tensor xbc, Tensor dt) = (projected[0], projected[1], projected[2]);
        Tensor timeStep = nn.functional.softplus(dt.to(ScalarType.Float32) + _dtBias);
        MambaStates states = batch.Cache.Mamba(_layer);

        var outputs = new List<Tensor>(2);
        if (batch.Mamba is { } layout)
        {
            outputs.Add(Prefill(xbc.narrow(0, 0, batch.DecodeRow), timeStep.narrow(0, 0, batch.DecodeRow), states, layout));
        }

        if (batch.Decodes.Count > 0)
        {
            int count = batch.Decodes.Count;
            outputs.Add(Step(xbc.narrow(0, batch.DecodeRow, count), timeStep.narrow(0, batch.DecodeRow, count), states, batch.DecodeSlots));
        }

        Tensor mixed = outputs.Count == 1 ? outputs[0] : cat(outputs, 0);
        return _outProj.forward(_norm.forward(mixed, gate)).MoveToOuterDisposeScope();
    }

    private Tensor Prefill(Tensor xbc, Tensor dt, MambaStates states, MambaLayout layout)
    {
        Tensor convolved = layout.Convolution is { } several
            ? _conv.Prefill(xbc, states.Conv, several)
            : _conv.Prefill(xbc, states.Conv[layout.Slots[0]]);
        (Tensor x, Tensor b, Tensor c) = Split(convolved);
        Tensor clamped = Clamp(dt, _clampLikeHf ? Math.Max(_config.TimeStepMin, _config.TimeStepLimit.Min) : _config.TimeStepLimit.Min);
        Tensor y = SelectiveScan.Chunked(layout.Scan, [.. layout.Slots.Select(slot => states.Ssm[slot])], x, clamped, _a, b, c);
        return AddSkip(y, x);
    }

    private Tensor Step(Tensor xbc, Tensor dt, MambaStates states, SlotSelection slots)
    {
        Tensor conv = slots.Read(states.Conv);
        Tensor ssm = slots.Read(states.Ssm);
        (Tensor x, Tensor b, Tensor c) = Split(_conv.Step(xbc, conv));
        Tensor clamped = Clamp(dt, _config.TimeStepLimit.Min);
        Tensor y = ssm.device_type == TorchSharp.DeviceType.CPU
            ? HostSelectiveStep.Run(ssm, x, clamped, _a, b, c)
            : SelectiveScan.Step(ssm, x, clamped, _a, b, c);
        slots.Write(states.Conv, conv);
        slots.Write(states.Ssm, ssm);
        return AddSkip(y, x);
    }

    private Tensor AddSkip(Tensor y, Tensor x) => y.addcmul(x, _d.unsqueeze(-1), 1).reshape(-1, _config.InnerSize);

    private Tensor Clamp(Tensor dt, double min) =>
        min > 0 || double.IsFinite(_config.TimeStepLimit.Max) ? dt.clamp(min, _config.TimeStepLimit.Max) : dt;

    private (Tensor X, Tensor B, Tensor C) Split(Tensor convolved)
    {
        long groupStates = (long)_config.NumGroups * _config.StateSize;
        Tensor[] parts = convolved.split([_config.InnerSize, groupStates, groupStates], -1);
        return (
            parts[0].reshape(-1, _config.NumHeads, _config.HeadDim),
            parts[1].reshape(-1, _config.NumGroups, _config.StateSize),
            parts[2].reshape(-1, _config.NumGroups, _config.StateSize));
    }
}
