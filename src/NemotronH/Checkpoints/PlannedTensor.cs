using NemotronH.Configuration;
using NemotronH.Quantization;

namespace NemotronH.Checkpoints;

/// <summary>A tensor that a model of some config has.</summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Role">What it is for.</param>
/// <param name="LayerIndex">Index of its block, or <see langword="null"/> outside the blocks.</param>
/// <param name="LayerKind">Kind of its block, or <see langword="null"/> outside the blocks.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
public sealed record PlannedTensor(string Name, TensorRole Role, int? LayerIndex, LayerKind? LayerKind, IReadOnlyList<long> Shape)
{
    /// <summary>Number of elements.</summary>
    public long ElementCount => Shape.Aggregate(1L, (product, dimension) => checked(product * dimension));

    /// <summary>Element type in a checkpoint that is not quantised: bfloat16, but float32 for what decides the routing.</summary>
    public StoredDtype Dtype => Role is TensorRole.RouterWeight or TensorRole.RouterBias ? StoredDtype.Float32 : StoredDtype.BFloat16;

    /// <summary>The tensor as a checkpoint that is not quantised stores it.</summary>
    public StoredTensorInfo Unquantized => new(Name, Dtype, Shape);
}
