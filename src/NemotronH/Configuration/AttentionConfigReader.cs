namespace NemotronH.Configuration;

/// <summary>Reads the sizes of the attention mixers.</summary>
internal static class AttentionConfigReader
{
    /// <summary>Reads them.</summary>
    /// <param name="fields">The text model's fields.</param>
    /// <returns>The mixers' configuration; <c>rope_theta</c> and its like have no say in it.</returns>
    /// <exception cref="ConfigurationException">
    /// A field is missing, of the wrong type or out of range, or asks for what no member of the family has.
    /// </exception>
    public static AttentionConfig Read(JsonFields fields)
    {
        JsonField heads = fields.Demand("num_attention_heads");
        JsonField keyValueHeads = fields.Demand("num_key_value_heads");
        var config = new AttentionConfig
        {
            NumHeads = heads.Positive(),
            NumKeyValueHeads = keyValueHeads.Positive(),
            HeadDim = fields.Demand("head_dim", "attention_head_dim").Positive(),
            Bias = fields.Find("attention_bias")?.Flag() ?? false,
        };
        if (config.NumHeads % config.NumKeyValueHeads != 0)
        {
            throw heads.Wrong($"a multiple of '{keyValueHeads.Name}' ({config.NumKeyValueHeads})");
        }

        long channels = (long)config.NumHeads * config.HeadDim;
        if (channels > int.MaxValue)
        {
            throw new ConfigurationException($"{fields.Origin}: fields 'num_attention_heads' and 'head_dim' give q_proj {channels} rows; "
                + $"expected at most {int.MaxValue}");
        }

        if (fields.Find("sliding_window") is { } window)
        {
            throw window.Wrong("null: attention over a window is not supported");
        }

        // A derived model's files switch positions on this way; ours has none.
        if (fields.Find("enable_rope") is { } rope && rope.Flag())
        {
            throw rope.Wrong("false: attention with rotary positions is not supported");
        }

        return config;
    }
}
