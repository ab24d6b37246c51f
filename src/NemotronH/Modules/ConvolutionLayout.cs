using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>How the pieces of several sequences, each behind the inputs its state keeps, lie one behind the other for one convolution.</summary>
internal sealed class ConvolutionLayout : IDisposable
{
    /// <summary>Lays out pieces.</summary>
    /// <param name="pieces">The pieces, in the order of their rows from row 0.</param>
    /// <param name="kernel">Width of the kernel.</param>
    /// <param name="device">Device of the convolution.</param>
    public ConvolutionLayout(IReadOnlyList<SequenceSpan> pieces, int kernel, Device device)
    {
        int kept = kernel - 1, rows = pieces.Sum(piece => piece.Count);
        var order = new List<long>();
        var windows = new List<long>();
        var tails = new List<long>();
        for (int i = 0; i < pieces.Count; i++)
        {
            windows.AddRange(Range(order.Count, pieces[i].Count));
            order.AddRange(Range(rows + (i * kept), kept));
            order.AddRange(Range(pieces[i].Row, pieces[i].Count));
            tails.AddRange(Range(order.Count - kept, kept));
        }

        Slots = tensor(pieces.Select(piece => (long)piece.Sequence.Slot).ToArray(), device: device);
        Order = tensor(order.ToArray(), device: device);
        Windows = tensor(windows.ToArray(), device: device);
        Tails = tensor(tails.ToArray(), device: device);

        static IEnumerable<long> Range(int first, int count) => Enumerable.Range(first, count).Select(number => (long)number);
    }

    /// <summary>[S] int64: the sequences' state slots.</summary>
    public Tensor Slots { get; }

    /// <summary>[P] int64: each sequence's kept inputs and then its piece, as rows of all pieces followed by all kept inputs.</summary>
    public Tensor Order { get; }

    /// <summary>[T] int64: where in that order each row's window begins.</summary>
    public Tensor Windows { get; }

    /// <summary>[S · (kernel − 1)] int64: where in that order the inputs lie that each sequence keeps.</summary>
    public Tensor Tails { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Slots.Dispose();
        Order.Dispose();
        Windows.Dispose();
        Tails.Dispose();
    }
}
