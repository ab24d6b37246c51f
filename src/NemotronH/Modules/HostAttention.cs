using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>Attention of a prompt piece on the CPU, without a mask: over what came before it, over itself as a triangle, and the two merged.</summary>
internal static class HostAttention
{
    /// <summary>Token i of the last L sees the tokens up to S − L + i.</summary>
    /// <param name="queries">[B, heads, L, head_dim].</param>
    /// <param name="keys">[B, heads, S, head_dim], S at least L; heads may share memory.</param>
    /// <param name="values">[B, heads, S, head_dim].</param>
    /// <returns>[B, heads, L, head_dim] in the queries' dtype.</returns>
    public static Tensor LastTokens(Tensor queries, Tensor keys, Tensor values)
    {
        using var scope = NewDisposeScope();
        long count = queries.size(2), before = keys.size(2) - count;
        (Tensor own, Tensor ownSum) = AtenOperators.HostAttention(queries, keys.narrow(2, before, count), values.narrow(2, before, count), isCausal: count > 1);
        if (before == 0)
        {
            return own.MoveToOuterDisposeScope();
        }

        (Tensor past, Tensor pastSum) = AtenOperators.HostAttention(queries, keys.narrow(2, 0, before), values.narrow(2, 0, before), isCausal: false);

        // Each result is a mean under its own sum of exponentials: their shares of the common sum weigh them.
        Tensor share = (pastSum - ownSum).sigmoid().unsqueeze(-1);
        Tensor wide = own.to(ScalarType.Float32);
        return wide.add_((past.to(ScalarType.Float32) - wide).mul_(share)).to(queries.dtype).MoveToOuterDisposeScope();
    }
}
