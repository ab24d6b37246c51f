using static TorchSharp.torch;

namespace NemotronH.Generation;

/// <summary>Decodes with the model's modules, on any device, and chooses tokens on the host.</summary>
/// <param name="runner">Runs the model.</param>
internal sealed class TorchDecodeExecutor(ModelRunner runner) : IDecodeExecutor
{
    /// <inheritdoc/>
    public IReadOnlyList<SampledToken> Decode(IReadOnlyList<EngineSequence> batch)
    {
        // In the order of their slots, so that states that lie side by side are updated where they are.
        EngineSequence[] ordered = [.. batch.OrderBy(sequence => sequence.Cached.Slot)];
        using Tensor logits = runner.Decode([.. ordered.Select(sequence => (sequence.Cached, sequence.LastToken))]);
        return HostSampling.Choose(logits, ordered);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
