namespace NemotronH.Configuration;

/// <summary>Reads the sizes and constants of the Mamba-2 mixers.</summary>
internal static class MambaConfigReader
{
    /// <summary>Reads them.</summary>
    /// <param name="fields">The text model's fields.</param>
    /// <returns>The mixers' configuration; <c>expand</c> has no say in it.</returns>
    /// <exception cref="ConfigurationException">A field is missing, of the wrong type or out of range.</exception>
    public static MambaConfig Read(JsonFields fields)
    {
        var config = new MambaConfig
        {
            NumHeads = fields.Demand("mamba_num_heads").Positive(),
            HeadDim = fields.Demand("mamba_head_dim").Positive(),
            StateSize = fields.Demand("ssm_state_size").Positive(),
            NumGroups = fields.Demand("n_groups", "mamba_n_groups").Positive(),
            ConvKernel = fields.Demand("conv_kernel", "mamba_d_conv").Positive(),
            UseConvBias = fields.Demand("use_conv_bias", "mamba_conv_bias").Flag(),

            // The result does not depend on the chunks, so a file without the field loses nothing.
            ChunkSize = fields.Find("chunk_size", "mamba_chunk_size")?.Positive() ?? 128,

            // transformers reads use_bias alone; mamba_proj_bias is what the same switch was called before, and stands beside it in most files.
            UseBias = (fields.Find("use_bias") ?? fields.Find("mamba_proj_bias"))?.Flag() ?? false,
            TimeStepLimit = fields.Find("time_step_limit", "mamba_dt_limit") is { } limit ? ReadLimit(limit) : (0, double.PositiveInfinity),
            TimeStepMin = fields.Find("time_step_min", "mamba_dt_min")?.Number("a non-negative number", least => least >= 0) ?? 0.001,
        };
        Check(fields, config);
        return config;
    }

    private static void Check(JsonFields fields, MambaConfig config)
    {
        if (config.NumHeads % config.NumGroups != 0)
        {
            throw fields.Demand("mamba_num_heads").Wrong($"a multiple of '{fields.Demand("n_groups", "mamba_n_groups").Name}' ({config.NumGroups})");
        }

        Int128 inner = (Int128)config.NumHeads * config.HeadDim;
        Int128 rows = (2 * inner) + (2 * (Int128)config.NumGroups * config.StateSize) + config.NumHeads;
        if (rows > int.MaxValue)
        {
            throw new ConfigurationException($"{fields.Origin}: fields 'mamba_num_heads', 'mamba_head_dim', 'n_groups' and 'ssm_state_size' "
                + $"give in_proj {rows} rows; expected at most {int.MaxValue}");
        }

        if (fields.Find("mamba_ssm_cache_dtype") is { } cache && JsonText.Text(cache.Value) != "float32")
        {
            fields.Notes.Add($"field '{cache.Name}' is not 'float32' and is ignored: the SSM state's dtype is the program's choice");
        }
    }

    private static (double Min, double Max) ReadLimit(JsonField field)
    {
        const string Expected = "a list of two numbers, 0 <= min < max";
        double[] bounds = [.. field.Elements(Expected).Select(bound => JsonText.Number(bound.Value) ?? throw bound.Wrong("a number"))];
        return bounds is [>= 0 and var min, var max] && min < max
            ? (min, max)
            : throw new ConfigurationException($"{field.Origin}: field '{field.Name}' is [{string.Join(", ", bounds.Take(4))}]; expected {Expected}");
    }
}
