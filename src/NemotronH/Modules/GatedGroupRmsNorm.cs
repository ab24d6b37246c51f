using NemotronH.Quantization;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>The Mamba-2 output norm: the gate first, then an RMS norm over each group, then the weight, all in float32.</summary>
public sealed class GatedGroupRmsNorm : nn.Module<Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Tensor _weight;
    private readonly int _groups;
    private readonly double _epsilon;
    private readonly ScalarType _computeDtype;

    /// <summary>Loads a gated norm.</summary>
    /// <param name="loader">The model's weight loader.</param>
    /// <param name="name">Canonical module name.</param>
    /// <param name="size">Width: heads times head_dim.</param>
    /// <param name="groups">Groups that are normalised apart.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    public GatedGroupRmsNorm(WeightLoader loader, string name, int size, int groups, double epsilon)
        : base(name)
    {
        _weight = loader.Load($"{name}.weight", ScalarType.Float32, size);
        _groups = groups;
        _epsilon = epsilon;
        _computeDtype = loader.Options.ComputeDtype;
        RegisterComponents();
    }

    /// <summary>[inner] float32.</summary>
    internal Tensor Weight => _weight;

    /// <summary>Added to the mean square.</summary>
    internal double Epsilon => _epsilon;

    /// <summary>norm(y · silu(z)) · weight.</summary>
    /// <param name="input">y: [T, inner] float32.</param>
    /// <param name="gate">z: [T, inner].</param>
    /// <returns>[T, inner] in the compute dtype.</returns>
    public override Tensor forward(Tensor input, Tensor gate)
    {
        using var scope = NewDisposeScope();
        Tensor gated = nn.functional.silu(gate.to(ScalarType.Float32)).mul_(input);
        Tensor grouped = gated.reshape(gated.size(0), _groups, -1);
        return RmsNorm.Normalize(grouped, _epsilon).reshape(gated.size(0), -1).mul_(_weight).to(_computeDtype).MoveToOuterDisposeScope();
    }
}
