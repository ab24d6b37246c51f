using NemotronH.Configuration;
using NemotronH.Quantization;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>Routed experts, in a latent space where the model has one, plus shared experts that every token passes.</summary>
public sealed class MixtureOfExperts : Mixer
{
    [ComponentName(Name = "gate")]
    private readonly Router _router;

    [ComponentName(Name = "experts")]
    private readonly ExpertsMethod _experts;

    [ComponentName(Name = "shared_experts")]
    private readonly Mlp? _sharedExperts;

    [ComponentName(Name = "fc1_latent_proj")]
    private readonly LinearMethod? _toLatent;

    [ComponentName(Name = "fc2_latent_proj")]
    private readonly LinearMethod? _fromLatent;

    /// <summary>Loads a mixture of experts.</summary>
    /// <param name="loader">The model's weight loader.</param>
    /// <param name="name">Canonical module name.</param>
    /// <param name="config">The model's shape.</param>
    public MixtureOfExperts(WeightLoader loader, string name, NemotronHConfig config)
        : base(name)
    {
        MoeConfig moe = config.Moe!;
        _router = new Router(loader, $"{name}.gate", config.HiddenSize, moe);
        _experts = loader.LoadExperts($"{name}.experts", moe.NumExperts, moe.LatentSize ?? config.HiddenSize, moe.IntermediateSize);
        if (moe.NumSharedExperts > 0)
        {
            _sharedExperts = new Mlp(loader, $"{name}.shared_experts", config.HiddenSize, moe.SharedIntermediateSize);
        }

        if (moe.LatentSize is int latent)
        {
            _toLatent = loader.LoadLinear($"{name}.fc1_latent_proj", latent, config.HiddenSize);
            _fromLatent = loader.LoadLinear($"{name}.fc2_latent_proj", config.HiddenSize, latent);
        }

        RegisterComponents();
    }

    /// <summary>Chooses the experts.</summary>
    internal Router Router => _router;

    /// <summary>The routed experts.</summary>
    internal ExpertsMethod Experts => _experts;

    /// <summary>The experts that every token passes, or <see langword="null"/>.</summary>
    internal Mlp? SharedExperts => _sharedExperts;

    /// <summary>The projection into the experts' latent space, or <see langword="null"/>.</summary>
    internal LinearMethod? ToLatent => _toLatent;

    /// <summary>The projection out of it.</summary>
    internal LinearMethod? FromLatent => _fromLatent;

    /// <inheritdoc/>
    public override Tensor forward(Tensor hidden, ForwardBatch batch)
    {
        using var scope = NewDisposeScope();
        (Tensor ids, Tensor weights) = _router.Route(hidden);
        Tensor routed = _experts.forward(_toLatent?.forward(hidden) ?? hidden, ids, weights);
        routed = _fromLatent?.forward(routed) ?? routed;
        Tensor output = _sharedExperts is null ? routed : routed + _sharedExperts.forward(hidden, batch);
        return output.MoveToOuterDisposeScope();
    }
}
