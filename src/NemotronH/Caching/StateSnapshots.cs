using static TorchSharp.torch;

namespace NemotronH.Caching;

/// <summary>Copies of Mamba states, taken between steps, in memory that is allocated once.</summary>
/// <remarks>Belongs to the thread that runs the model.</remarks>
internal sealed class StateSnapshots : IDisposable
{
    private readonly (Tensor Live, Tensor Saved)[] _states;
    private readonly Stack<int> _free;

    /// <summary>Allocates room for snapshots.</summary>
    /// <param name="cache">Whose states.</param>
    /// <param name="count">How many snapshots.</param>
    public StateSnapshots(ModelCache cache, int count)
    {
        IEnumerable<Tensor> live = Enumerable.Range(0, cache.MambaLayers).SelectMany(layer => new[] { cache.Mamba(layer).Conv, cache.Mamba(layer).Ssm });
        _states = [.. live.Select(states => (states, empty([count, .. states.shape[1..]], states.dtype, states.device)))];
        _free = new Stack<int>(Enumerable.Range(0, count).Reverse());
    }

    /// <summary>Snapshots that can still be taken.</summary>
    public int Free => _free.Count;

    /// <summary>Bytes of one snapshot.</summary>
    /// <param name="cache">Whose states.</param>
    public static long Size(ModelCache cache) => Enumerable.Range(0, cache.MambaLayers)
        .SelectMany(layer => new[] { cache.Mamba(layer).Conv, cache.Mamba(layer).Ssm })
        .Sum(states => states.NumberOfElements * states.element_size() / cache.Options.MaxSequences);

    /// <summary>Copies a slot's states.</summary>
    /// <param name="slot">The slot.</param>
    /// <returns>The snapshot, for <see cref="Restore"/> and <see cref="Release"/>.</returns>
    public int Save(int slot)
    {
        int snapshot = _free.Pop();
        using var inference = inference_mode();
        foreach ((Tensor live, Tensor saved) in _states)
        {
            Copy(live, slot, saved, snapshot);
        }

        return snapshot;
    }

    /// <summary>Brings a slot's states back to a snapshot.</summary>
    /// <param name="snapshot">The snapshot; it stays as it is.</param>
    /// <param name="slot">The slot.</param>
    public void Restore(int snapshot, int slot)
    {
        using var inference = inference_mode();
        foreach ((Tensor live, Tensor saved) in _states)
        {
            Copy(saved, snapshot, live, slot);
        }
    }

    /// <summary>Gives a snapshot's room back.</summary>
    /// <param name="snapshot">The snapshot.</param>
    public void Release(int snapshot) => _free.Push(snapshot);

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_states, states => states.Saved.Dispose());

    private static void Copy(Tensor from, int fromRow, Tensor to, int toRow)
    {
        using Tensor source = from.narrow(0, fromRow, 1);
        using Tensor target = to.narrow(0, toRow, 1);
        target.copy_(source);
    }
}
