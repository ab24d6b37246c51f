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
    private const long ElementsWorthThreads = 1 << 20;

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
        Tensor output = zeros([sequences.Count, input.size(1) * headDim]);
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
            long first = (long)i * shared * headDim;
            var rows = new PagedRows(sequences[sequence], cache.PageSize, (long)keyHeads * headDim, (long)head * headDim);
            Attend(new((float*)inputs + first, shared * headDim), (float*)keys, (float*)values, rows, new((float*)outputs + first, shared * headDim), headDim);
        }
    }

    private static void Attend(Span<float> queries, float* keys, float* values, PagedRows rows, Span<float> output, int headDim)
    {
        float scale = 1 / MathF.Sqrt(headDim);
        float[] buffer = ArrayPool<float>.Shared.Rent(rows.Count);
        Span<float> scores = buffer.AsSpan(0, rows.Count);
        for (int head = 0; head < queries.Length; head += headDim)
        {
            ReadOnlySpan<float> query = queries.Slice(head, headDim);
            for (int i = 0; i < scores.Length; i++)
            {
                scores[i] = TensorPrimitives.Dot(query, new(keys + rows[i], headDim)) * scale;
            }

            SoftMax(scores);
            Span<float> sum = output.Slice(head, headDim);
            for (int i = 0; i < scores.Length; i++)
            {
                TensorPrimitives.MultiplyAdd(new(values + rows[i], headDim), scores[i], sum, sum);
            }
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    private static void SoftMax(Span<float> scores)
    {
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max<float>(scores), scores);
        TensorPrimitives.Exp(scores, scores);
        TensorPrimitives.Divide(scores, TensorPrimitives.Sum<float>(scores), scores);
    }

    /// <summary>Where a head's keys or values of a sequence lie in a cache, counted in elements.</summary>
    private readonly struct PagedRows(CachedSequence sequence, int pageSize, long stride, long offset)
    {
        /// <summary>Tokens of the sequence, the new one included.</summary>
        public int Count => sequence.Length + 1;

        /// <summary>The first element of a token.</summary>
        public long this[int token] => ((((long)sequence.Pages[token / pageSize] * pageSize) + (token % pageSize)) * stride) + offset;
    }
}
