using NemotronH.Quantization;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>One block: x + mixer(norm(x)).</summary>
public sealed class Block : nn.Module<Tensor, ForwardBatch, Tensor>
{
    [ComponentName(Name = "norm")]
    private readonly RmsNorm _norm;

    [ComponentName(Name = "mixer")]
    private readonly Mixer _mixer;

    /// <summary>Loads a block.</summary>
    /// <param name="loader">The model's weight loader.</param>
    /// <param name="name">Canonical module name.</param>
    /// <param name="hiddenSize">Width H.</param>
    /// <param name="epsilon">Epsilon of the norm.</param>
    /// <param name="createMixer">Loads the mixer of the given name.</param>
    public Block(WeightLoader loader, string name, int hiddenSize, double epsilon, Func<string, Mixer> createMixer)
        : base(name)
    {
        _norm = new RmsNorm(loader, $"{name}.norm", hiddenSize, epsilon);
        _mixer = createMixer($"{name}.mixer");
        RegisterComponents();
    }

    /// <summary>The norm in front of the mixer.</summary>
    internal RmsNorm Norm => _norm;

    /// <summary>The mixer.</summary>
    internal Mixer Mixer => _mixer;

    /// <summary>Runs the block.</summary>
    /// <param name="residual">[T, H], the residual stream.</param>
    /// <param name="batch">Which rows are which sequence's.</param>
    /// <returns>[T, H] in the type of the residual stream.</returns>
    public override Tensor forward(Tensor residual, ForwardBatch batch)
    {
        using Tensor normed = _norm.forward(residual);
        using Tensor mixed = _mixer.forward(normed, batch);
        return residual + mixed;
    }
}
