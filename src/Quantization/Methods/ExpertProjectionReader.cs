using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>
/// Takes one projection of all experts from a checkpoint, whichever form it is stored in: <c>experts.0.up_proj.weight</c> and so on, or all experts
/// fused into one parameter <c>experts.up_proj</c> [E, N, K], with scales under <c>experts.up_proj_weight_scale</c> where it is quantised.
/// </summary>
/// <param name="loader">The model's weight loader.</param>
/// <param name="stacked">Whether the experts must be stacked, so that the host need not know which are active; else they stay where they lie.</param>
internal readonly struct ExpertProjectionReader(WeightLoader loader, bool stacked)
{
    private ScalarType Dtype => loader.Options.ComputeDtype;

    /// <summary>Reads a projection.</summary>
    /// <param name="shape">Identity and size of the bank.</param>
    /// <param name="projection"><c>up_proj</c> or <c>down_proj</c>.</param>
    /// <param name="rows">Rows N of an expert's weight.</param>
    /// <param name="columns">Columns K.</param>
    /// <returns>The projection; the caller disposes.</returns>
    /// <exception cref="CheckpointException">A tensor is missing or not as expected, or the experts' formats differ.</exception>
    public ExpertProjection Read(ExpertsShape shape, string projection, int rows, int columns)
    {
        WeightNames fused = WeightNames.OfParameter($"{shape.Module}.{projection}");
        if (loader.Source.Describe(fused.Weight) is not null)
        {
            return ReadFused(fused, shape.Count, rows, columns);
        }

        WeightNames[] names = [.. Enumerable.Range(0, shape.Count).Select(e => WeightNames.OfModule($"{shape.Module}.{e}.{projection}"))];
        WeightFormat format = CommonFormat(names);
        return format == WeightFormat.Unquantized ? ReadUnquantized(names, rows, columns) : ReadQuantized(names, format, rows, columns);
    }

    private WeightFormat CommonFormat(WeightNames[] names)
    {
        WeightFormat first = loader.FormatOf(names[0]);
        foreach (WeightNames other in names.Skip(1))
        {
            WeightFormat format = loader.FormatOf(other);
            if (format != first)
            {
                throw new CheckpointException(
                    $"module '{other.Owner}' is stored as {format}, but '{names[0].Owner}' as {first}; "
                    + "expected one format for a projection of all experts");
            }
        }

        return first;
    }

    private ExpertProjection ReadFused(WeightNames names, int count, int rows, int columns)
    {
        WeightFormat format = loader.FormatOf(names);
        return format == WeightFormat.Unquantized
            ? UnquantizedProjection.FromStack(loader.Load(names.Weight, Dtype, count, rows, columns), loader.Workspace.Limit, loader.Options)
            : QuantizedProjection.FromStack(loader.Repack(loader.LoadQuantized(names, count, rows, columns)), loader);
    }

    private UnquantizedProjection ReadUnquantized(WeightNames[] names, int rows, int columns)
    {
        ScalarType dtype = Dtype;
        ITensorSource source = loader.Source;
        WeightLoader weights = loader;
        bool inPlace = loader.Options.Device.type == DeviceType.CPU && !stacked
            && names.All(name => source.Describe(name.Weight)?.Dtype == dtype.ToStoredDtype());
        return inPlace
            ? UnquantizedProjection.FromExperts([.. names.Select(name => weights.Load(name.Weight, dtype, rows, columns))], loader.Options)
            : UnquantizedProjection.FromStack(Stack(names, rows, columns), loader.Workspace.Limit, loader.Options);
    }

    private Tensor Stack(WeightNames[] names, int rows, int columns)
    {
        Tensor stack = empty([names.Length, rows, columns], Dtype, loader.Options.Device);
        for (int e = 0; e < names.Length; e++)
        {
            using Tensor expert = loader.Load(names[e].Weight, Dtype, rows, columns);
            using Tensor place = stack[e];
            place.copy_(expert);
        }

        return stack;
    }

    private QuantizedProjection ReadQuantized(WeightNames[] names, WeightFormat format, int rows, int columns)
    {
        var reader = new QuantizedWeightReader(loader);
        QuantizedWeight[] experts = [.. names.Select(name => reader.Read(name, format, rows, columns))];
        if (!stacked)
        {
            return QuantizedProjection.FromExperts(experts, loader.Workspace, Dtype);
        }

        QuantizedWeight stack = experts[0].StackOf(experts);
        foreach (QuantizedWeight expert in experts)
        {
            expert.Dispose();
        }

        return QuantizedProjection.FromStack(loader.Repack(stack), loader);
    }
}
