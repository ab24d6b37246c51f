using System.Buffers;
using NemotronH.Caching;
using NemotronH.Kernels.Interop;
using TorchSharp;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace NemotronH.Modules;

/// <summary>Attention of one token of each of several sequences on the CPU, out of the cache's pages, where torch's operations gather and pad them first.</summary>
internal static unsafe class HostAttentionStep
{
    /// <summary>With fewer keys and values than this many elements, the calling thread does it alone.</summary>
    private const long ElementsWorthThreads = 1 << 22;

    /// <summary>Whether caches are such that this can read them.</summary>
    public static bool Reads(CacheOptions caches) =>
        caches.Device.type == DeviceType.CPU && caches is { KeyValueDtype: ScalarType.Float32, ComputeDtype: ScalarType.Float32 };

    /// <summary>Attends to all tokens of each sequence, the new one included.</summary>
    /// <param name="queries">[D, heads, head_dim] float32; heads that share a key and value head stand side by side.</param>
    /// <param name="sequences">D sequences; their lengths are those before this step.</param>
    /// <param name="cache">The layer's cache, the new keys and values appended.</param>
    /// <returns>[D, heads · head_dim].</returns>
    public static Tensor Run(Tensor queries, IReadOnlyList<CachedSequence> sequences, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        Tensor input = queries.contiguous();
        int headDim = (int)input.size(2), keyHeads = (int)cache.Keys.size(1), shared = (int)input.size(1) / keyHeads;
        Tensor output = zeros([sequences.Count, input.size(1) * headDim], ScalarType.Float32, CPU);
        nint inputs = AtenInterop.DataPointer(input), outputs = AtenInterop.DataPointer(output);
        nint keys = AtenInterop.DataPointer(cache.Keys), values = AtenInterop.DataPointer(cache.Values);
        if (2L * keyHeads * headDim * sequences.Sum(sequence => sequence.Length + 1L) < ElementsWorthThreads)
        {
            for (int i = 0; i < sequences.Count * keyHeads; i++)
            {
                AttendHead(i);
            }
        }
        else
        {
            Parallel.For(0, sequences.Count * keyHeads, AttendHead);
        }

        return output.MoveToOuterDisposeScope();

        void AttendHead(int i)
        {
            (int sequence, int head) = Math.DivRem(i, keyHeads);
            CachedSequence cached = sequences[sequence];
            int length = cached.Length + 1, width = shared * headDim;
            var rows = new PagedRows(cached.Pages, cache.PageSize, keyHeads * headDim, head * headDim, headDim);
            float[] scores = ArrayPool<float>.Shared.Rent(length);
            for (int at = i * width; at < (i + 1) * width; at += headDim)
            {
                rows.Dot((float*)keys, (float*)inputs + at, scores.AsSpan(0, length));
                SoftMax(scores.AsSpan(0, length), 1 / MathF.Sqrt(headDim));
                rows.AddWeighted((float*)values, scores.AsSpan(0, length), (float*)outputs + at);
            }

            ArrayPool<float>.Shared.Return(scores);
        }
    }

    private static void SoftMax(Span<float> scores, float scale)
    {
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max<float>(scores), scores);
        TensorPrimitives.Multiply(scores, scale, scores);
        TensorPrimitives.Exp(scores, scores);
        TensorPrimitives.Divide(scores, TensorPrimitives.Sum<float>(scores), scores);
    }
}
