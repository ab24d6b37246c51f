namespace NemotronH.Configuration;

/// <summary>Reads the sizes and constants of the mixture-of-experts mixers.</summary>
internal static class MoeConfigReader
{
    /// <summary>Reads them.</summary>
    /// <param name="fields">The text model's fields.</param>
    /// <returns>The mixers' configuration.</returns>
    /// <exception cref="ConfigurationException">
    /// A field is missing, of the wrong type or out of range, or routing could not choose as many experts.
    /// </exception>
    public static MoeConfig Read(JsonFields fields)
    {
        int sharedExperts = fields.Demand("n_shared_experts", "num_shared_experts").NonNegative();
        var config = new MoeConfig
        {
            NumExperts = fields.Demand("n_routed_experts", "num_experts", "num_local_experts").Positive(),
            TopK = fields.Demand("num_experts_per_tok").Positive(),
            IntermediateSize = fields.Demand("moe_intermediate_size").Positive(),
            NumSharedExperts = sharedExperts,

            // The width of all shared experts together, as transformers builds them.
            SharedIntermediateSize = sharedExperts == 0 ? 0 : fields.Demand("moe_shared_expert_intermediate_size").Positive(),
            LatentSize = fields.Find("moe_latent_size")?.Positive(),

            // One group is no grouping: what a file means that does not mention groups.
            NumGroups = fields.Find("n_group")?.Positive() ?? 1,
            TopKGroups = fields.Find("topk_group")?.Positive() ?? 1,
            NormTopKProb = fields.Demand("norm_topk_prob").Flag(),
            RoutedScalingFactor = fields.Demand("routed_scaling_factor").PositiveNumber(),
            Bias = fields.Find("mlp_bias")?.Flag() ?? false,
        };
        CheckGroups(fields, config);
        CheckTopK(fields, config);
        fields.Find("scoring_func")?.MustBe("sigmoid");
        return config;
    }

    private static void CheckGroups(JsonFields fields, MoeConfig config)
    {
        if (fields.Find("n_group") is { } groups && config.NumExperts % config.NumGroups != 0)
        {
            throw groups.Wrong($"a divisor of the number of experts ({config.NumExperts})");
        }

        // The score of a group is the sum of its two best experts.
        if (config.NumGroups > 1 && config.NumExperts < 2 * config.NumGroups)
        {
            throw fields.Demand("n_group").Wrong($"groups of at least two of the {config.NumExperts} experts");
        }

        if (fields.Find("topk_group") is { } chosen && config.TopKGroups > config.NumGroups)
        {
            throw chosen.Wrong($"at most 'n_group' ({config.NumGroups})");
        }
    }

    private static void CheckTopK(JsonFields fields, MoeConfig config)
    {
        JsonField topK = fields.Demand("num_experts_per_tok");
        if (config.TopK > config.NumExperts)
        {
            throw topK.Wrong($"at most the number of experts ({config.NumExperts})");
        }

        int selectable = config.NumExperts / config.NumGroups * config.TopKGroups;
        if (config.TopK > selectable)
        {
            throw topK.Wrong($"at most the {selectable} experts of the {config.TopKGroups} selectable groups");
        }
    }
}
