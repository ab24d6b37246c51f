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
        Tensor queries = _queries.forward(hidden).view(-1, _config.NumHeads, _config.HeadDim);
        Tensor keys = _keys.forward(hidden).view(-1, _config.NumKeyValueHeads, _config.HeadDim);
        Tensor values = _values.forward(hidden).view(-1, _config.NumKeyValueHeads, _config.HeadDim);
        KeyValueCache cache = batch.Cache.KeyValues(_layer);

        var outputs = new List<Tensor>(batch.Prefills.Count + batch.Decodes.Count);
        foreach (SequenceSpan span in batch.Prefills)
        {
            outputs.Add(Attend(span));
        }

        for (int i = 0; i < batch.Decodes.Count; i++)
        {
            outputs.Add(Attend(new SequenceSpan(batch.Decodes[i], batch.DecodeRow + i, 1)));
        }

        return _output.forward(outputs.Count == 1 ? outputs[0] : cat(outputs, 0)).MoveToOuterDisposeScope();

        Tensor Attend(SequenceSpan span)
        {
            cache.Append(span.Sequence, keys.narrow(0, span.Row, span.Count), values.narrow(0, span.Row, span.Count), _scales);
            (Tensor k, Tensor v) = cache.Read(span.Sequence, span.Sequence.Length + span.Count, hidden.dtype, _scales);
            return ScaledDotProduct(queries.narrow(0, span.Row, span.Count), k, v);
        }
    }

    /// <summary>Attention of the last L tokens of a sequence over all its tokens.</summary>
    /// <param name="queries">[L, heads, head_dim].</param>
    /// <param name="keys">[S, kv heads, head_dim], S ≥ L.</param>
    /// <param name="values">[S, kv heads, head_dim].</param>
    /// <returns>[L, heads · head_dim].</returns>
    private Tensor ScaledDotProduct(Tensor queries, Tensor keys, Tensor values)
    {
        using var scope = NewDisposeScope();
        long length = queries.size(0);
        long shared = _config.NumHeads / _config.NumKeyValueHeads;

        // [kv heads, query heads of each, tokens, head_dim]: a KV head is shared by a stride of 0, not copied.
        Tensor q = queries.view(length, _config.NumKeyValueHeads, shared, _config.HeadDim).permute(1, 2, 0, 3);
        Tensor mask = length == 1 ? null! : CausalMask(length, keys.size(0), queries);
        Tensor output = nn.functional.scaled_dot_product_attention(q, Share(keys), Share(values), mask);
        return output.permute(2, 0, 1, 3).reshape(length, _config.NumHeads * _config.HeadDim).MoveToOuterDisposeScope();

        Tensor Share(Tensor heads) => heads.permute(1, 0, 2).unsqueeze(1).expand(-1, shared, -1, -1);
    }

    /// <summary>Token i of the last L sees the tokens up to S − L + i.</summary>
    private static Tensor CausalMask(long length, long total, Tensor like)
    {
        using Tensor visible = ones([length, total], ScalarType.Bool, like.device);
        using Tensor hidden = visible.triu(total - length + 1);
        return zeros([length, total], like.dtype, like.device).masked_fill_(hidden, double.NegativeInfinity);
    }
}
