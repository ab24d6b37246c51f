using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>What a block does between its norm and its residual: Mamba-2, attention, MLP or mixture of experts.</summary>
/// <param name="name">Canonical module name.</param>
public abstract class Mixer(string name) : nn.Module<Tensor, ForwardBatch, Tensor>(name)
{
    /// <summary>Mixes normalised hidden states and updates the caches of the batch's sequences.</summary>
    /// <param name="hidden">[T, H] in the compute dtype.</param>
    /// <param name="batch">Which rows are which sequence's.</param>
    /// <returns>[T, H] in the compute dtype.</returns>
    public abstract override Tensor forward(Tensor hidden, ForwardBatch batch);
}
