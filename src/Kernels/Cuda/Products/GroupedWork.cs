using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda.Products;

/// <summary>What blocks of a grouped product take: at most so many rows of one expert each. Made on the device; the host reads no count.</summary>
/// <param name="Expert">[items] int32: whose rows; −1 for an item that is none.</param>
/// <param name="First">[items] int32: the first of them.</param>
/// <param name="End">[items] int32: behind the last.</param>
public sealed record GroupedWork(Tensor Expert, Tensor First, Tensor End)
{
    /// <summary>Cuts groups of rows.</summary>
    /// <param name="ends">[E] int32: where each expert's rows end; they begin where the ones before end.</param>
    /// <param name="rows">Rows in all.</param>
    /// <param name="most">Most rows of an item.</param>
    /// <returns>As many items as groups of any sizes could need; the caller disposes of the tensors.</returns>
    public static GroupedWork Of(Tensor ends, long rows, int most)
    {
        ArgumentNullException.ThrowIfNull(ends);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        using var scope = NewDisposeScope();
        long experts = ends.size(0), count = (rows / most) + Math.Min(experts, rows);
        Tensor wide = ends.to(ScalarType.Int64);
        Tensor starts = cat([zeros([1], ScalarType.Int64, ends.device), wide.narrow(0, 0, experts - 1)], 0);
        Tensor items = (wide - starts + (most - 1)).div(most, RoundingMode.floor);
        Tensor itemEnds = items.cumsum(0);
        Tensor item = arange(count, ScalarType.Int64, ends.device);
        Tensor expert = searchsorted(itemEnds, item, right: true);
        Tensor known = expert.clamp(max: experts - 1);
        Tensor first = starts.index_select(0, known) + ((item - (itemEnds - items).index_select(0, known)) * most);
        Tensor end = minimum(first + most, wide.index_select(0, known));
        return new GroupedWork(Narrow(expert.masked_fill(expert.ge(experts), -1)), Narrow(first), Narrow(end));

        static Tensor Narrow(Tensor numbers) => numbers.to(ScalarType.Int32).MoveToOuterDisposeScope();
    }

    /// <summary>Refuses lists that are not so.</summary>
    internal void Check()
    {
        TensorCheck.Expect(Expert, nameof(Expert), ScalarType.Int32, TensorCheck.Any);
        TensorCheck.Expect(First, nameof(First), ScalarType.Int32, Expert.size(0));
        TensorCheck.Expect(End, nameof(End), ScalarType.Int32, Expert.size(0));
    }
}
