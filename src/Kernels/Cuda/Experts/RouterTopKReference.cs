using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="RouterTopK"/> computes, in TorchSharp operations on any device.</summary>
internal static class RouterTopKReference
{
    /// <summary>Routes; the parameters are those of <see cref="RouterTopK.Launch"/>.</summary>
    /// <returns>Ids [B, top-k] int64, best first, and weights [B, top-k] float32.</returns>
    public static (Tensor Ids, Tensor Weights) Route(RouterShape shape, Tensor hidden, Tensor weight, Tensor correctionBias)
    {
        using var scope = NewDisposeScope();
        Tensor scores = hidden.to(ScalarType.Float32).matmul(weight.to(ScalarType.Float32).t()).sigmoid();
        Tensor choice = scores + correctionBias;
        if (shape.TopGroups < shape.Groups)
        {
            Tensor grouped = choice.view(-1, shape.Groups, shape.Experts / shape.Groups);
            Tensor groupScores = grouped.topk(Math.Min(2, shape.Experts / shape.Groups), -1).values.sum(-1);
            Tensor rank = BestFirst(BestFirst(groupScores).neg());
            choice = grouped.masked_fill(rank.ge(shape.TopGroups).unsqueeze(-1), double.NegativeInfinity).view_as(choice);
        }

        Tensor ids = BestFirst(choice).narrow(-1, 0, shape.TopK);
        Tensor weights = scores.gather(-1, ids);
        weights = shape.Normalize ? weights / (weights.sum(-1, keepdim: true) + 1e-20) : weights;
        return (ids.MoveToOuterDisposeScope(), (weights * shape.ScalingFactor).MoveToOuterDisposeScope());
    }

    /// <summary>Indices from the largest to the smallest, of equals the first first.</summary>
    private static Tensor BestFirst(Tensor values) => sort(values, dim: -1, descending: true, stable: true).indices;
}
