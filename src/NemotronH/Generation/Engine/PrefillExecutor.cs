using static TorchSharp.torch;

namespace NemotronH.Generation;

/// <summary>Computes pieces of prompts and chooses the first token of those that end.</summary>
/// <param name="runner">Runs the model.</param>
internal sealed class PrefillExecutor(ModelRunner runner)
{
    /// <summary>Takes one step.</summary>
    /// <param name="pieces">How many tokens of which prompt; pages are free for them.</param>
    /// <returns>First tokens of the prompts that are done.</returns>
    public IReadOnlyList<SampledToken> Prefill(IReadOnlyList<(EngineSequence Sequence, int Count)> pieces)
    {
        using var scope = NewDisposeScope();
        int[] starts = [.. pieces.Select(piece => piece.Sequence.Cached.Length)];
        Tensor hidden = runner.PrefillHidden(
            [.. pieces.Select(piece => (piece.Sequence.Cached, (ReadOnlyMemory<int>)piece.Sequence.PromptIds.AsMemory(piece.Sequence.Cached.Length, piece.Count)))]);

        var done = new List<EngineSequence>();
        var lastRows = new List<long>();
        int row = 0;
        foreach (((EngineSequence sequence, int count), int start) in pieces.Zip(starts))
        {
            sequence.PromptScores?.Add(runner, hidden.narrow(0, row, count), start);
            row += count;
            if (sequence is { IsPrefilling: false, WantsNothing: false })
            {
                done.Add(sequence);
                lastRows.Add(row - 1);
            }
        }

        if (done.Count == 0)
        {
            return [];
        }

        Tensor rows = tensor(lastRows.ToArray(), device: hidden.device);
        return HostSampling.Choose(runner.ComputeLogits(hidden.index_select(0, rows)), done);
    }
}
