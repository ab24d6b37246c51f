using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Interop;

/// <summary>Operators of libtorch that TorchSharp does not bind, called through the dispatcher.</summary>
public static class AtenOperators
{
    /// <summary>
    /// Attention on the CPU that also tells, for each query, the logarithm of the sum of its exponentials: what two results over different keys are
    /// merged by. No score matrix is held.
    /// </summary>
    /// <param name="queries">[B, heads, L, head_dim], float32 or bfloat16.</param>
    /// <param name="keys">[B, heads, S, head_dim]; heads may share memory.</param>
    /// <param name="values">[B, heads, S, head_dim], likewise.</param>
    /// <param name="isCausal">Whether query i sees keys 0 to i only.</param>
    /// <returns>[B, heads, L, head_dim] in the queries' dtype, and [B, heads, L] float32; the caller disposes.</returns>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    public static (Tensor Output, Tensor LogSumExp) HostAttention(Tensor queries, Tensor keys, Tensor values, bool isCausal)
    {
        ArgumentNullException.ThrowIfNull(queries);
        CheckHost(queries, nameof(queries), queries);
        CheckHost(keys, nameof(keys), queries);
        CheckHost(values, nameof(values), queries);
        Tensor[] results = AtenDispatcher.Call(
            "aten::_scaled_dot_product_flash_attention_for_cpu\0"u8,
            results: 2,
            kept: 2,
            DispatcherValue.Of(queries),
            DispatcherValue.Of(keys),
            DispatcherValue.Of(values),
            DispatcherValue.Of(0.0),
            DispatcherValue.Of(isCausal),
            DispatcherValue.None,
            DispatcherValue.None);
        GC.KeepAlive((queries, keys, values));
        return (results[0], results[1]);
    }

    /// <summary>
    /// Flash attention of several sequences that lie one behind the other, on a GPU: query i of a sequence's L sees its keys up to S − L + i. Query
    /// heads share keys and values as they are; no mask and no score matrix is held.
    /// </summary>
    /// <param name="queries">[ΣL, heads, head_dim], float16 or bfloat16.</param>
    /// <param name="keys">[ΣS, KV heads, head_dim]; KV heads divides heads.</param>
    /// <param name="values">[ΣS, KV heads, head_dim].</param>
    /// <param name="queryOffsets">[B + 1] int32: where each sequence's queries begin, then ΣL.</param>
    /// <param name="keyOffsets">[B + 1] int32: where each sequence's keys begin, then ΣS.</param>
    /// <param name="mostQueries">The largest L.</param>
    /// <param name="mostKeys">The largest S.</param>
    /// <returns>[ΣL, heads, head_dim]; the caller disposes.</returns>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    /// <exception cref="InvalidOperationException">This libtorch has no flash attention for the device.</exception>
    /// <remarks>Causal with L &lt; S means the lower right triangle here (FlashAttention 2.1 and later), unlike in scaled_dot_product_attention.</remarks>
    public static Tensor FlashAttention(
        Tensor queries, Tensor keys, Tensor values, Tensor queryOffsets, Tensor keyOffsets, long mostQueries, long mostKeys)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(values);
        CheckPacked(queries, nameof(queries), queries);
        CheckPacked(keys, nameof(keys), queries);
        CheckPacked(values, nameof(values), queries);
        if (queries.size(1) % keys.size(1) != 0 || values.size(1) != keys.size(1))
        {
            throw new ArgumentException($"There are {queries.size(1)} query heads, {keys.size(1)} of keys and {values.size(1)} of values; expected groups.");
        }

        CheckOffsets(queryOffsets, nameof(queryOffsets), queries.device);
        CheckOffsets(keyOffsets, nameof(keyOffsets), queries.device);
        Tensor[] results = AtenDispatcher.Call(
            "aten::_flash_attention_forward\0"u8,
            results: 5,
            kept: 1,
            DispatcherValue.Of(queries),
            DispatcherValue.Of(keys),
            DispatcherValue.Of(values),
            DispatcherValue.Optional(queryOffsets),
            DispatcherValue.Optional(keyOffsets),
            DispatcherValue.Of(mostQueries),
            DispatcherValue.Of(mostKeys),
            DispatcherValue.Of(0.0),
            DispatcherValue.Of(true),
            DispatcherValue.Of(false),
            DispatcherValue.Optional(Math.Pow(queries.size(2), -0.5)));
        GC.KeepAlive((queries, keys, values, queryOffsets, keyOffsets));
        return results[0];
    }

    /// <summary>Multiplies groups of rows by a matrix each; on a GPU the host does not read how many rows a group has.</summary>
    /// <param name="input">[T, K], rows grouped, in the order of the groups.</param>
    /// <param name="weights">[E, N, K], the matrices' transposes as linear layers hold them; of the input's dtype. On a GPU bfloat16.</param>
    /// <param name="ends">[E] int32: where each group's rows end.</param>
    /// <returns>[T, N] in the input's dtype; rows behind the last end are undefined. The caller disposes.</returns>
    /// <exception cref="ArgumentException">A tensor is not so; the message names it.</exception>
    /// <remarks>Each row of the input and of a matrix begins at a multiple of 16 bytes.</remarks>
    public static Tensor GroupedMatmul(Tensor input, Tensor weights, Tensor ends)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(ends);
        if (input.Dimensions != 2 || weights.Dimensions != 3 || input.size(1) != weights.size(2) || input.dtype != weights.dtype)
        {
            throw new ArgumentException(
                $"input is {input.dtype} {Text(input)} and weights are {weights.dtype} {Text(weights)}; expected [T, K] and [E, N, K] of one dtype.", nameof(input));
        }

        if (ends.dtype != ScalarType.Int32 || ends.Dimensions != 1 || ends.size(0) != weights.size(0))
        {
            throw new ArgumentException($"ends is {ends.dtype} {Text(ends)}; expected Int32 [{weights.size(0)}].", nameof(ends));
        }

        using Tensor transposed = weights.transpose(1, 2);
        Tensor[] results = AtenDispatcher.Call(
            "aten::_grouped_mm\0"u8,
            results: 1,
            kept: 1,
            DispatcherValue.Of(input),
            DispatcherValue.Of(transposed),
            DispatcherValue.Optional(ends),
            DispatcherValue.None,
            DispatcherValue.None);
        GC.KeepAlive((input, ends));
        return results[0];
    }

    private static void CheckHost(Tensor tensor, string name, Tensor like)
    {
        bool fits = tensor is not null && tensor.Dimensions == 4 && tensor.device_type == DeviceType.CPU && tensor.dtype == like.dtype;
        if (!fits)
        {
            throw new ArgumentException($"{name} is {tensor?.dtype} {Text(tensor)} on {tensor?.device}; expected four dimensions of {like.dtype} on cpu.", name);
        }
    }

    private static void CheckPacked(Tensor tensor, string name, Tensor like)
    {
        bool fits = tensor.Dimensions == 3 && tensor.dtype == like.dtype && tensor.size(2) == like.size(2)
            && tensor.dtype is ScalarType.BFloat16 or ScalarType.Float16 && tensor.device_type == DeviceType.CUDA;
        if (!fits)
        {
            throw new ArgumentException(
                $"{name} is {tensor.dtype} {Text(tensor)} on {tensor.device}; expected [tokens, heads, {like.size(2)}] of BFloat16 or Float16 on cuda.", name);
        }
    }

    private static void CheckOffsets(Tensor offsets, string name, Device device)
    {
        ArgumentNullException.ThrowIfNull(offsets, name);
        if (offsets.dtype != ScalarType.Int32 || offsets.Dimensions != 1 || offsets.device_type != device.type)
        {
            throw new ArgumentException($"{name} is {offsets.dtype} {Text(offsets)} on {offsets.device}; expected Int32, one dimension, on {device}.", name);
        }
    }

    private static string Text(Tensor? tensor) => tensor is null ? "null" : $"[{string.Join(", ", tensor.shape)}]";
}
