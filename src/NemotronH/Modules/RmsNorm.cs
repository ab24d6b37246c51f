using NemotronH.Quantization;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>Root-mean-square norm with float32 statistics (Zhang and Sennrich, 2019).</summary>
public sealed class RmsNorm : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Tensor _weight;
    private readonly double _epsilon;
    private readonly ScalarType _computeDtype;

    /// <summary>Loads a norm.</summary>
    /// <param name="loader">The model's weight loader.</param>
    /// <param name="name">Canonical module name.</param>
    /// <param name="size">Width H.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    public RmsNorm(WeightLoader loader, string name, int size, double epsilon)
        : base(name)
    {
        _weight = loader.Load($"{name}.weight", ScalarType.Float32, size);
        _epsilon = epsilon;
        _computeDtype = loader.Options.ComputeDtype;
        RegisterComponents();
    }

    /// <summary>[H] float32.</summary>
    internal Tensor Weight => _weight;

    /// <summary>Added to the mean square.</summary>
    internal double Epsilon => _epsilon;

    /// <summary>x · rsqrt(mean(x²) + eps) · weight.</summary>
    /// <param name="input">[T, H], the residual stream.</param>
    /// <returns>[T, H] in the compute dtype.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Normalize(input.to(ScalarType.Float32), _epsilon).mul_(_weight).to(_computeDtype).MoveToOuterDisposeScope();
    }

    /// <summary>Divides each last-dimension vector by its root mean square.</summary>
    /// <param name="input">[..., D] float32.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <returns>A new tensor of the input's shape.</returns>
    internal static Tensor Normalize(Tensor input, double epsilon)
    {
        using Tensor scale = input.square().mean([-1], keepdim: true).add_(epsilon).rsqrt_();
        return input * scale;
    }
}
