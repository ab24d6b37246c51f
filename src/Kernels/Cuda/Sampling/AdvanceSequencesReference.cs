using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="AdvanceSequences"/> does, in TorchSharp operations on any device.</summary>
internal static class AdvanceSequencesReference
{
    /// <summary>Advances in place; the parameters are those of <see cref="AdvanceSequences.Launch"/>.</summary>
    public static void Advance(Tensor sampled, SequenceRows rows, int dummySlot, Tensor draws, Tensor ring, Tensor step)
    {
        using var scope = NewDisposeScope();
        Tensor live = rows.Slots.ne(dummySlot).logical_and(rows.Finished.eq((int)SequenceState.Running));
        Tensor failed = live.logical_and(sampled.lt(0)), ran = live.logical_and(sampled.ge(0));
        Tensor stopped = ran.logical_and(rows.EndTokens.eq(sampled.unsqueeze(1)).any(1));
        Tensor full = ran.logical_and(stopped.logical_not()).logical_and((rows.Positions + 2).ge(rows.Limits));
        Tensor goes = ran.logical_and(stopped.logical_or(full).logical_not()), ended = live.logical_and(goes.logical_not());
        ring[step.item<int>() % ring.size(0)].copy_(sampled.masked_fill(live.logical_not(), -1));
        step.add_(1);
        draws.add_(ran.to(ScalarType.Int64));
        rows.TokenIds.copy_(where(goes, sampled, rows.TokenIds));
        rows.Positions.add_(goes.to(ScalarType.Int32));
        rows.Finished.masked_fill_(stopped, (int)SequenceState.Stopped);
        rows.Finished.masked_fill_(full, (int)SequenceState.Full);
        rows.Finished.masked_fill_(failed, (int)SequenceState.Failed);
        rows.Slots.masked_fill_(ended, dummySlot);
        rows.Positions.masked_fill_(ended, 0);
    }
}
