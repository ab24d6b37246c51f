using NemotronH.Checkpoints;
using NemotronH.Configuration;

namespace NemotronH.Benchmarks;

/// <summary>Counts the floating-point operations of a prompt, two for each multiplication and addition.</summary>
internal static class PrefillWork
{
    /// <summary>
    /// The operations of linear layers (of a token's own experts only; of the head, for the last token) and of attention's two products over what a token
    /// sees. The chunked scan and everything element by element are left out.
    /// </summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="tokens">Tokens T of the prompt.</param>
    public static double Operations(NemotronHConfig config, int tokens)
    {
        double chosen = config.Moe is { } moe ? (double)moe.TopK / moe.NumExperts : 0;
        double perToken = ModelTensorPlan.Enumerate(config).Sum(tensor => tensor.Role switch
        {
            TensorRole.LinearWeight or TensorRole.RouterWeight => 2.0 * tensor.ElementCount,
            TensorRole.ExpertWeight => 2.0 * tensor.ElementCount * chosen,
            _ => 0,
        });
        double head = 2.0 * config.VocabSize * config.HiddenSize;
        double seen = tokens * (tokens + 1.0) / 2;
        double attention = config.Attention is { } heads
            ? 4.0 * heads.NumHeads * heads.HeadDim * seen * config.Layers.Count(kind => kind == LayerKind.Attention)
            : 0;
        return (perToken * tokens) + head + attention;
    }
}
