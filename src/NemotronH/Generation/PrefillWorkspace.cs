using NemotronH.Caching;
using NemotronH.Configuration;
using NemotronH.Modules;
using TorchSharp;

namespace NemotronH.Generation;

/// <summary>
/// What one prefill pass takes beside weights and caches, by arithmetic: an upper bound of the activations that the modules hold at once, which are
/// freed when the pass ends.
/// </summary>
internal static class PrefillWorkspace
{
    private const long Single = sizeof(float);
    private const long Double = sizeof(double);

    /// <summary>Bytes of the experts that are dequantised at once where they do not come as one bank.</summary>
    private const long BatchedBytes = 256L << 20;

    /// <summary>The bytes of a pass.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="caches">Types, device and the longest context.</param>
    /// <param name="tokens">Tokens of the pass.</param>
    /// <param name="groupedExperts">Whether experts take their own tokens only; else, on a GPU, some experts at once take all.</param>
    public static long Bytes(NemotronHConfig config, CacheOptions caches, long tokens, bool groupedExperts)
    {
        long element = CacheBudget.Size(caches.ComputeDtype), hidden = config.HiddenSize;

        // The residual stream before and after a block, normed, and mixed.
        long stream = tokens * hidden * ((2 * Single) + (2 * element));
        long logits = config.VocabSize * (Single + element);
        long largest = config.Layers.Distinct().Max(kind => kind switch
        {
            LayerKind.Mamba => Mamba(config.Mamba!, element, tokens),
            LayerKind.Attention => Attention(config.Attention!, caches, element, tokens),
            LayerKind.Mlp => tokens * config.Mlp!.IntermediateSizes.Max() * ((2 * element) + (3 * Single)),
            _ => Experts(config.Moe!, hidden, groupedExperts || caches.Device.type == DeviceType.CPU, element, tokens),
        });
        return stream + Math.Max(largest, logits);
    }

    /// <summary>
    /// Projection and convolution, the scan's inputs in chunks, decays between the tokens of a chunk and, of a single piece, between all its chunks, and the
    /// states between chunks.
    /// </summary>
    private static long Mamba(MambaConfig mamba, long element, long tokens)
    {
        long q = Math.Min(mamba.ChunkSize, tokens), chunks = (tokens + q - 1) / q, padded = chunks * q;
        long projected = tokens * mamba.InProjectionSize * element;
        long convolved = 4 * tokens * mamba.ConvDim * Single;
        long rows = 6 * padded * mamba.InnerSize * Single;
        long decays = padded * mamba.NumHeads * q * (Double + (3 * Single));
        long between = mamba.NumHeads * (chunks + 1) * (chunks + 1) * ((2 * Double) + Single);
        long states = 4 * (chunks + 1) * mamba.InnerSize * mamba.StateSize * Single;
        return projected + convolved + rows + decays + between + states;
    }

    /// <summary>Queries and outputs, and of one layer the keys and values of the longest context as they are read; without packed attention, a mask.</summary>
    private static long Attention(AttentionConfig attention, CacheOptions caches, long element, long tokens)
    {
        long context = Math.Max(caches.MaxContext, tokens);
        long own = tokens * attention.HeadDim * ((4L * attention.NumHeads) + (4L * attention.NumKeyValueHeads)) * element;
        long read = 2 * context * attention.NumKeyValueHeads * attention.HeadDim * (element + (CacheBudget.Size(caches.KeyValueDtype) == 1 ? 2 * Single : 0));
        bool masked = caches.Device.type == DeviceType.CUDA && !PackedAttention.Serves(caches, attention.HeadDim);
        return own + read + (masked ? tokens * context * (2 + (2 * element)) : 0);
    }

    /// <summary>A row for each choice; else one for each token and expert of those that are dequantised at once.</summary>
    private static long Experts(MoeConfig moe, long hidden, bool own, long element, long tokens)
    {
        long width = moe.LatentSize ?? hidden;
        long atOnce = Math.Clamp(BatchedBytes / (element * width * moe.IntermediateSize), 1, moe.NumExperts);
        long rows = tokens * (own ? moe.TopK : atOnce);
        long inner = rows * moe.IntermediateSize * ((2 * element) + (3 * Single));
        long shared = tokens * moe.SharedIntermediateSize * ((2 * element) + (3 * Single));
        return Math.Max(rows * width * ((3 * element) + Single) + inner, shared) + (2 * tokens * width * Single);
    }
}
