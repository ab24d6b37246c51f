using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Generation.Recorded;

/// <summary>
/// The scratch memory of decode steps: a tensor for each name, type and shape of a row, allocated once for the largest batch and shared by all layers and
/// all smaller batches. What a step finds in it means nothing, but for the counters of a router's arrivals: those are zeros at first, and every
/// launch leaves them so.
/// </summary>
/// <param name="device">The GPU.</param>
/// <param name="maxBatch">Rows of the largest batch.</param>
internal sealed class StepArena(Device device, int maxBatch) : IDisposable
{
    private readonly Dictionary<(string Name, ScalarType Dtype, long Width, int PerRow), Tensor> _tensors = [];
    private readonly List<Tensor> _views = [];

    /// <summary>All memory, to keep alive.</summary>
    public IEnumerable<Tensor> Tensors => _tensors.Values;

    /// <summary>Bytes of all memory.</summary>
    public long Bytes => _tensors.Values.Sum(tensor => tensor.NumberOfElements * tensor.element_size());

    /// <summary>The first rows of a matrix.</summary>
    /// <param name="name">What it is for; layers that use the same name share it.</param>
    /// <param name="dtype">Type of its elements.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="width">Elements of a row.</param>
    /// <param name="perRow">Rows of the matrix for each row of the batch.</param>
    /// <returns>[rows · perRow, width]; the arena disposes of it.</returns>
    public Tensor Take(string name, ScalarType dtype, int rows, long width, int perRow = 1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, maxBatch);
        (string Name, ScalarType Dtype, long Width, int PerRow) key = (name, dtype, width, perRow);
        if (!_tensors.TryGetValue(key, out Tensor? whole))
        {
            whole = zeros([(long)maxBatch * perRow, width], dtype, device).DetachFromDisposeScope();
            _tensors.Add(key, whole);
        }

        return Keep(whole.narrow(0, 0, (long)rows * perRow));
    }

    /// <summary>Rows that are inputs of a product.</summary>
    /// <param name="name">What they are for.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="width">Elements of a row.</param>
    /// <param name="split">Whether they have two parts.</param>
    /// <param name="perRow">Rows of the matrix for each row of the batch.</param>
    /// <returns>[rows · perRow, width] bfloat16 each; the arena disposes of it.</returns>
    public SplitRows TakeInputs(string name, int rows, long width, bool split, int perRow = 1)
    {
        Tensor? low = split ? Take($"{name}, low", ScalarType.BFloat16, rows, width, perRow) : null;
        return new SplitRows(Take(name, ScalarType.BFloat16, rows, width, perRow), low);
    }

    /// <summary>A vector; every batch size has its own where the lengths differ.</summary>
    /// <param name="name">What it is for.</param>
    /// <param name="dtype">Type of its elements.</param>
    /// <param name="length">Elements.</param>
    /// <returns>[length], zeros at first; the arena disposes of it.</returns>
    public Tensor TakeVector(string name, ScalarType dtype, long length)
    {
        (string Name, ScalarType Dtype, long Width, int PerRow) key = (name, dtype, length, 0);
        if (!_tensors.TryGetValue(key, out Tensor? whole))
        {
            whole = zeros([length], dtype, device).DetachFromDisposeScope();
            _tensors.Add(key, whole);
        }

        return whole;
    }

    /// <summary>Keeps a view as long as the arena.</summary>
    /// <param name="view">A view of something that lives longer.</param>
    /// <returns>The view.</returns>
    public Tensor Keep(Tensor view)
    {
        _views.Add(view.DetachFromDisposeScope());
        return view;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _views.ForEach(view => view.Dispose());
        foreach (Tensor tensor in _tensors.Values)
        {
            tensor.Dispose();
        }
    }
}
