using NemotronH.Caching;
using NemotronH.Configuration;
using NemotronH.Quantization;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace NemotronH.Modules;

/// <summary>Causal grouped-query attention without positional encoding; the scale is head_dim^-0.5.</summary>
public sealed class Attention : Mixer
{
    private readonly AttentionConfig _config;
    private readonly int _layer;
    private readonly KeyValueScales _scales;

    [ComponentName(Name = "q_proj")]
    private readonly LinearMethod _queries;

    [ComponentName(Name = "k_proj")]
    private readonly LinearMethod _keys;

    [ComponentName(Name = "v_proj")]
    private readonly LinearMethod _values;

    [ComponentName(Name = "o_proj")]
    private readonly LinearMethod _output;

    /// <summary>Loads an attention mixer.</summary>
    /// <param name="loader">The model's weight loader.</param>
    /// <param name="name">Canonical module name.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="layer">Index among the attention layers.</param>
    public Attention(WeightLoader loader, string name, NemotronHConfig config, int layer)
        : base(name)
    {
        AttentionConfig attention = config.Attention!;
        _config = attention;
        _layer = layer;
        _scales = KeyValueScales.Load(loader, name);
        int queryWidth = attention.NumHeads * attention.HeadDim;
        int keyWidth = attention.NumKeyValueHeads * attention.HeadDim;
        _queries = loader.LoadLinear($"{name}.q_proj", queryWidth, config.HiddenSize);
        _keys = loader.LoadLinear($"{name}.k_proj", keyWidth, config.HiddenSize);
        _values = loader.LoadLinear($"{name}.v_proj", keyWidth, config.HiddenSize);
        _output = loader.LoadLinear($"{name}.o_proj", config.HiddenSize, queryWidth);
        RegisterComponents();
    }

    /// <summary>Index among the attention layers.</summary>
    internal int Layer => _layer;

    /// <summary>Factors of 8-bit keys and values.</summary>
    internal KeyValueScales Scales => _scales;

    /// <summary>The projections of queries, keys and values, in this order.</summary>
    internal IReadOnlyList<LinearMethod> Inputs => [_queries, _keys, _values];

    /// <summary>The output projection.</summary>
    internal LinearMethod Output => _output;

    /// <inheritdoc/>
    public override Tensor forward(Tensor hidden, ForwardBatch batch)
    {
        using var scope = NewDisposeScope();
        AttentionLayout layout = batch.Attention!;
        Tensor queries = _queries.forward(hidden).view(-1, _config.NumHeads, _config.HeadDim);
        KeyValueCache cache = batch.Cache.KeyValues(_layer);
        cache.Append(
            layout.Rows,
            _keys.forward(hidden).view(-1, _config.NumKeyValueHeads, _config.HeadDim),
            _values.forward(hidden).view(-1, _config.NumKeyValueHeads, _config.HeadDim),
            _scales);

        var outputs = new List<Tensor>(batch.Prefills.Count + 1);
        if (layout.Packed is { } packed)
        {
            outputs.Add(Prefill(queries.narrow(0, 0, batch.DecodeRow), packed, cache));
        }
        else
        {
            outputs.AddRange(batch.Prefills.Zip(layout.Masks, (span, mask) => Prefill(queries.narrow(0, span.Row, span.Count), span, mask, cache)));
        }

        if (batch.Decodes.Count > 0)
        {
            Tensor decoded = queries.narrow(0, batch.DecodeRow, batch.Decodes.Count);
            outputs.Add(layout.Groups is null ? HostAttentionStep.Run(decoded, batch.Decodes, cache) : Decode(decoded, layout.Groups, cache));
        }

        return _output.forward(outputs.Count == 1 ? outputs[0] : cat(outputs, 0)).MoveToOuterDisposeScope();
    }

    private Tensor Prefill(Tensor queries, PackedAttention pieces, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        (Tensor keys, Tensor values) = cache.Read(pieces.Keys, queries.dtype, _scales);
        return pieces.Attend(queries, keys, values).reshape(-1, _config.NumHeads * _config.HeadDim).MoveToOuterDisposeScope();
    }

    /// <summary>Attention of the last L tokens of a sequence over all its tokens.</summary>
    /// <param name="queries">[L, heads, head_dim].</param>
    /// <param name="span">The sequence and L.</param>
    /// <param name="mask">What is added to the scores; without it, the plain triangle.</param>
    /// <param name="cache">The layer's cache.</param>
    /// <returns>[L, heads · head_dim].</returns>
    private Tensor Prefill(Tensor queries, SequenceSpan span, Tensor? mask, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        long shared = _config.NumHeads / _config.NumKeyValueHeads;
        (Tensor keys, Tensor values) = cache.Read(span.Sequence, span.Sequence.Length + span.Count, queries.dtype, _scales);

        // [kv heads, query heads of each, tokens, head_dim]: a KV head is shared by a stride of 0, not copied.
        Tensor q = queries.view(span.Count, _config.NumKeyValueHeads, shared, _config.HeadDim).permute(1, 2, 0, 3);
        bool plain = mask is null && span.Count > 1;
        Tensor output = q.device_type == TorchSharp.DeviceType.CPU
            ? HostAttention.LastTokens(q, Share(keys), Share(values))
            : nn.functional.scaled_dot_product_attention(q, Share(keys), Share(values), mask!, is_casual: plain);
        return output.permute(2, 0, 1, 3).reshape(span.Count, _config.NumHeads * _config.HeadDim).MoveToOuterDisposeScope();

        Tensor Share(Tensor heads) => heads.permute(1, 0, 2).unsqueeze(1).expand(-1, shared, -1, -1);
    }

    /// <summary>Attention of one token of each of several sequences over all its tokens.</summary>
    /// <param name="queries">[D, heads, head_dim].</param>
    /// <param name="groups">The sequences.</param>
    /// <param name="cache">The layer's cache.</param>
    /// <returns>[D, heads · head_dim].</returns>
    private Tensor Decode(Tensor queries, IReadOnlyList<DecodeGroup> groups, KeyValueCache cache)
    {
        if (groups.Count == 1)
        {
            return Decode(queries, groups[0], cache);
        }

        using var scope = NewDisposeScope();
        Tensor output = empty([queries.size(0), _config.NumHeads * _config.HeadDim], queries.dtype, queries.device);
        foreach (DecodeGroup group in groups)
        {
            output.index_copy_(0, group.Rows, Decode(queries.index_select(0, group.Rows), group, cache));
        }

        return output.MoveToOuterDisposeScope();
    }

    private Tensor Decode(Tensor queries, DecodeGroup group, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        CachedSequence first = group.Sequences[0];
        (Tensor keys, Tensor values) = group.Pages is { } pages
            ? cache.ReadPages(pages, group.Sequences.Count, queries.dtype, _scales)
            : Batch(cache.Read(first, first.Length + 1, queries.dtype, _scales));

        // [G, kv heads, query heads of each, head_dim]: with one token each, the query heads that share a KV head stand where tokens would.
        Tensor q = queries.view(-1, _config.NumKeyValueHeads, _config.NumHeads / _config.NumKeyValueHeads, _config.HeadDim);
        Tensor output = nn.functional.scaled_dot_product_attention(q, keys.transpose(1, 2), values.transpose(1, 2), group.Mask!);
        return output.reshape(-1, _config.NumHeads * _config.HeadDim).MoveToOuterDisposeScope();

        static (Tensor Keys, Tensor Values) Batch((Tensor Keys, Tensor Values) one) => (one.Keys.unsqueeze(0), one.Values.unsqueeze(0));
    }
}
