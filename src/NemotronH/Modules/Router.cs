using NemotronH.Configuration;
using NemotronH.Quantization;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>Chooses each token's experts: sigmoid scores, a correction bias that moves the choice but not the weights (DeepSeek-V3, 2024).</summary>
public sealed class Router : nn.Module
{
    private readonly MoeConfig _config;

    [ComponentName(Name = "weight")]
    private readonly Tensor _weight;

    [ComponentName(Name = "e_score_correction_bias")]
    private readonly Tensor _correctionBias;

    /// <summary>Loads a router.</summary>
    /// <param name="loader">The model's weight loader.</param>
    /// <param name="name">Canonical module name.</param>
    /// <param name="hiddenSize">Width H.</param>
    /// <param name="config">Sizes of the mixture.</param>
    public Router(WeightLoader loader, string name, int hiddenSize, MoeConfig config)
        : base(name)
    {
        _config = config;
        _weight = loader.Load($"{name}.weight", ScalarType.Float32, config.NumExperts, hiddenSize);
        _correctionBias = loader.Load($"{name}.e_score_correction_bias", ScalarType.Float32, config.NumExperts);
        RegisterComponents();
    }

    /// <summary>[E, H] float32.</summary>
    internal Tensor Weight => _weight;

    /// <summary>[E] float32.</summary>
    internal Tensor CorrectionBias => _correctionBias;

    /// <summary>Routes tokens, in float32.</summary>
    /// <param name="hidden">[T, H].</param>
    /// <returns>Ids [T, top-k] int64, best first (of equals the lowest id), and their weights [T, top-k] float32.</returns>
    public (Tensor Ids, Tensor Weights) Route(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        Tensor scores = nn.functional.linear(hidden.to(ScalarType.Float32), _weight).sigmoid_();
        Tensor choice = scores + _correctionBias;
        if (_config.TopKGroups < _config.NumGroups)
        {
            choice = KeepBestGroups(choice);
        }

        Tensor ids = BestFirst(choice).narrow(-1, 0, _config.TopK);
        Tensor weights = scores.gather(-1, ids);
        if (_config.NormTopKProb)
        {
            weights /= weights.sum(-1, keepdim: true) + 1e-20;
        }

        return (ids.MoveToOuterDisposeScope(), weights.mul(_config.RoutedScalingFactor).MoveToOuterDisposeScope());
    }

    /// <summary>Indices from the largest to the smallest, of equals the first first.</summary>
    private static Tensor BestFirst(Tensor scores) => sort(scores, dim: -1, descending: true, stable: true).indices;

    /// <summary>Leaves only the experts of each token's best groups; a group's score is the sum of its two best.</summary>
    private Tensor KeepBestGroups(Tensor choice)
    {
        Tensor grouped = choice.view(-1, _config.NumGroups, _config.NumExperts / _config.NumGroups);
        Tensor groupScores = grouped.topk((int)Math.Min(2, grouped.size(-1)), -1).values.sum(-1);
        Tensor best = BestFirst(groupScores).narrow(-1, 0, _config.TopKGroups);
        Tensor dropped = ones_like(groupScores, ScalarType.Bool).scatter_(1, best, zeros_like(best, ScalarType.Bool));
        return grouped.masked_fill(dropped.unsqueeze(-1), double.NegativeInfinity).view_as(choice);
    }
}
