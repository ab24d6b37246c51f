namespace NemotronH.Configuration;

/// <summary>How many parameters each kind of block has, its norm included.</summary>
internal static class BlockParameters
{
    /// <summary>A Mamba-2 block: in_proj, out_proj; convolution, A_log, D, dt_bias, gated norm, norm.</summary>
    /// <param name="hidden">Width of the residual stream.</param>
    /// <param name="mamba">The mixer's sizes.</param>
    public static ParameterCount Mamba(long hidden, MambaConfig mamba) => checked(new(
        Linear: hidden * ((long)mamba.InProjectionSize + mamba.InnerSize),
        Other: ((long)mamba.ConvDim * (mamba.ConvKernel + (mamba.UseConvBias ? 1L : 0)))
            + (3L * mamba.NumHeads) + mamba.InnerSize + hidden + (mamba.UseBias ? mamba.InProjectionSize + hidden : 0)));

    /// <summary>An attention block: q, k, v and o projections; norm.</summary>
    /// <param name="hidden">Width of the residual stream.</param>
    /// <param name="attention">The mixer's sizes.</param>
    public static ParameterCount Attention(long hidden, AttentionConfig attention)
    {
        long query = (long)attention.NumHeads * attention.HeadDim;
        long keyValue = (long)attention.NumKeyValueHeads * attention.HeadDim;
        return checked(new(
            Linear: 2 * hidden * (query + keyValue),
            Other: hidden + (attention.Bias ? query + (2 * keyValue) + hidden : 0)));
    }

    /// <summary>An MLP block: up and down projections; norm.</summary>
    /// <param name="hidden">Width of the residual stream.</param>
    /// <param name="intermediate">Inner width of this block.</param>
    /// <param name="bias">Whether the projections have biases.</param>
    public static ParameterCount Mlp(long hidden, long intermediate, bool bias) =>
        Projections(hidden, intermediate, bias) + new ParameterCount(0, hidden);

    /// <summary>A mixture-of-experts block: experts, shared experts, latent projections; router, norm; score correction.</summary>
    /// <param name="hidden">Width of the residual stream.</param>
    /// <param name="moe">The mixer's sizes.</param>
    /// <param name="experts">How many of the routed experts to count: all of them, or those that one token meets.</param>
    public static ParameterCount MixtureOfExperts(long hidden, MoeConfig moe, int experts)
    {
        ParameterCount count = checked(new(
            Linear: 2L * experts * moe.IntermediateSize * (moe.LatentSize ?? hidden),
            Other: hidden,
            Single: moe.NumExperts * (hidden + 1)));
        count += moe.NumSharedExperts > 0 ? Projections(hidden, moe.SharedIntermediateSize, moe.Bias) : default;
        return count + (moe.LatentSize is { } latent ? Projections(hidden, latent, moe.Bias) : default);
    }

    /// <summary>A projection to an inner width and one back.</summary>
    private static ParameterCount Projections(long hidden, long inner, bool bias) =>
        checked(new(Linear: 2 * hidden * inner, Other: bias ? inner + hidden : 0));
}
