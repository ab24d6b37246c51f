using NemotronH.Quantization;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>Two projections with a squared ReLU between them; a block's mixer, or the shared experts of a mixture.</summary>
public sealed class Mlp : Mixer
{
    [ComponentName(Name = "up_proj")]
    private readonly LinearMethod _up;

    [ComponentName(Name = "down_proj")]
    private readonly LinearMethod _down;

    /// <summary>Loads an MLP.</summary>
    /// <param name="loader">The model's weight loader.</param>
    /// <param name="name">Canonical module name.</param>
    /// <param name="hiddenSize">Width H.</param>
    /// <param name="intermediateSize">Inner width.</param>
    public Mlp(WeightLoader loader, string name, int hiddenSize, int intermediateSize)
        : base(name)
    {
        _up = loader.LoadLinear($"{name}.up_proj", intermediateSize, hiddenSize);
        _down = loader.LoadLinear($"{name}.down_proj", hiddenSize, intermediateSize);
        RegisterComponents();
    }

    /// <summary>The first projection.</summary>
    internal LinearMethod Up => _up;

    /// <summary>The second projection.</summary>
    internal LinearMethod Down => _down;

    /// <inheritdoc/>
    public override Tensor forward(Tensor hidden, ForwardBatch batch)
    {
        using var scope = NewDisposeScope();
        Tensor inner = _up.forward(hidden).to(ScalarType.Float32).relu().square();
        return _down.forward(inner.to(hidden.dtype)).MoveToOuterDisposeScope();
    }
}
