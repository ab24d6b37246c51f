using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization;

/// <summary>One projection of all experts: one stacked tensor, or the checkpoint's own tensors side by side where they can be used in place.</summary>
internal sealed class ExpertWeights : IDisposable
{
    private readonly Tensor? _stacked;
    private readonly Tensor[] _experts;

    private ExpertWeights(Tensor? stacked, Tensor[] experts)
    {
        _stacked = stacked;
        _experts = experts;
    }

    /// <summary>The weight of one expert, [N, K]; owned by this object.</summary>
    public Tensor this[int expert] => _experts[expert];

    /// <summary>All experts as one tensor [E, N, K], where they are held that way.</summary>
    public Tensor? Stacked => _stacked;

    public long Bytes => _experts.Sum(expert => expert.NumberOfElements * expert.element_size());

    /// <summary>Loads <c>module.projection</c> [E, N, K] if it is stored fused, else <c>module.e.projection.weight</c> [N, K] of each expert.</summary>
    public static ExpertWeights Load(WeightLoader loader, ExpertsShape shape, string projection, int rows, int columns)
    {
        ScalarType dtype = loader.Options.ComputeDtype;
        string fused = $"{shape.Module}.{projection}";
        if (loader.Source.Describe(fused) is not null)
        {
            return FromStacked(loader.Load(fused, dtype, shape.Count, rows, columns));
        }

        string[] names = [.. Enumerable.Range(0, shape.Count).Select(e => $"{shape.Module}.{e}.{projection}.weight")];
        bool inPlace = loader.Options.Device.type == DeviceType.CPU
            && names.All(name => loader.Source.Describe(name)?.Dtype == dtype.ToStoredDtype());
        return inPlace
            ? new ExpertWeights(null, [.. names.Select(name => loader.Load(name, dtype, rows, columns))])
            : FromStacked(Stack(loader, names, rows, columns));
    }

    public void Dispose()
    {
        foreach (Tensor expert in _experts)
        {
            expert.Dispose();
        }

        _stacked?.Dispose();
    }

    private static Tensor Stack(WeightLoader loader, string[] names, int rows, int columns)
    {
        WeightOptions options = loader.Options;
        Tensor stacked = empty([names.Length, rows, columns], options.ComputeDtype, options.Device);
        for (int e = 0; e < names.Length; e++)
        {
            using Tensor expert = loader.Load(names[e], options.ComputeDtype, rows, columns);
            using Tensor place = stacked[e];
            place.copy_(expert);
        }

        return stacked;
    }

    private static ExpertWeights FromStacked(Tensor stacked) =>
        new(stacked, [.. Enumerable.Range(0, (int)stacked.size(0)).Select(e => stacked[e])]);
}
