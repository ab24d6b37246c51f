using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>What <see cref="SsmUpdateKernel"/> computes, in TorchSharp on any device.</summary>
internal static class SsmUpdateReference
{
    /// <summary>Advances the states in place by a token of each row.</summary>
    /// <param name="shape">Sizes and bounds.</param>
    /// <param name="convolved">[B, inner + 2 · groups · N].</param>
    /// <param name="rawTimeStep">[B, heads].</param>
    /// <param name="slots">[B] int32, all different.</param>
    /// <param name="states">[slots, heads, head_dim, N]; float64 states make a float64 reference.</param>
    /// <param name="a">[heads].</param>
    /// <param name="d">[heads].</param>
    /// <param name="timeStepBias">[heads].</param>
    /// <returns>y: [B, inner] of the states' type.</returns>
    public static Tensor Compute(
        SsmUpdateShape shape, Tensor convolved, Tensor rawTimeStep, Tensor slots, Tensor states, Tensor a, Tensor d, Tensor timeStepBias)
    {
        using var scope = NewDisposeScope();
        Tensor ids = slots.to(ScalarType.Int64);
        Tensor[] parts = convolved.to(states.dtype).split([shape.Inner, shape.Groups * shape.StateSize, shape.Groups * shape.StateSize], 1);
        Tensor x = parts[0].reshape(-1, shape.Heads, shape.HeadDim, 1);
        Tensor dt = nn.functional.softplus(rawTimeStep.to(states.dtype) + timeStepBias)
            .clamp(shape.TimeStepMin, shape.TimeStepMax)
            .reshape(-1, shape.Heads, 1, 1);
        Tensor decay = (dt * a.reshape(1, -1, 1, 1)).exp();
        Tensor updated = states.index_select(0, ids) * decay + dt * x * PerHead(parts[1]).unsqueeze(2);
        states.index_copy_(0, ids, updated);
        Tensor y = updated.matmul(PerHead(parts[2]).unsqueeze(-1)) + d.reshape(1, -1, 1, 1) * x;
        return y.reshape(-1, shape.Inner).MoveToOuterDisposeScope();

        Tensor PerHead(Tensor groups) => groups.reshape(-1, shape.Groups, shape.StateSize).repeat_interleave(shape.Heads / shape.Groups, 1);
    }
}
