using static TorchSharp.torch;

namespace NemotronH.Caching;

/// <summary>The state slots of several sequences, and their rows in a layer's states.</summary>
/// <remarks>Slots that lie side by side in order are read as a view, so that their states are updated where they are.</remarks>
public sealed class SlotSelection : IDisposable
{
    private readonly Tensor _indices;
    private readonly int _count;
    private readonly int? _first;

    /// <summary>Selects slots.</summary>
    /// <param name="slots">Slot numbers, each at most once.</param>
    /// <param name="device">Device of the states.</param>
    public SlotSelection(IReadOnlyList<int> slots, Device device)
    {
        _count = slots.Count;
        bool adjacent = _count > 0 && slots.Select((slot, i) => slot - i).All(first => first == slots[0]);
        _first = adjacent ? slots[0] : null;
        _indices = tensor(slots.Select(slot => (long)slot).ToArray(), device: device);
    }

    /// <summary>Reads the selected rows.</summary>
    /// <param name="states">[slots, ...].</param>
    /// <returns>[selected, ...]; a view or a copy, to be handed to <see cref="Write"/> once changed.</returns>
    public Tensor Read(Tensor states) => _first is int first ? states.narrow(0, first, _count) : states.index_select(0, _indices);

    /// <summary>Stores rows that were read and changed in place.</summary>
    /// <param name="states">[slots, ...].</param>
    /// <param name="rows">What <see cref="Read"/> gave.</param>
    public void Write(Tensor states, Tensor rows)
    {
        if (_first is null)
        {
            states.index_copy_(0, _indices, rows);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _indices.Dispose();
}
