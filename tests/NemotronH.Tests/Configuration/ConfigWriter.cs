using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Configuration;

namespace NemotronH.Tests.Configuration;

/// <summary>Writes a configuration as <c>config.json</c>, each field under a spelling that <paramref name="random"/> picks.</summary>
internal sealed class ConfigWriter(Random random)
{
    private const string BareInfinity = "<bare>";
    private static readonly string[][] Letters =
        [["M", "mamba", "linear_attention"], ["*", "attention", "full_attention"], ["-", "mlp", "mlp"], ["E", "moe", "moe"]];

    public string Write(NemotronHConfig config)
    {
        var json = new JsonObject { ["model_type"] = "nemotron_h" };
        Root(json, config);
        Mamba(json, config.Mamba);
        Attention(json, config.Attention);
        Mlp(json, config);
        Moe(json, config.Moe);
        return json.ToJsonString().Replace(JsonSerializer.Serialize(BareInfinity), "Infinity", StringComparison.Ordinal);
    }

    private void Root(JsonObject json, NemotronHConfig config)
    {
        int spelling = random.Next(3);
        string[] layers = [.. config.Layers.Select(kind => Letters[(int)kind][spelling])];
        json[spelling == 0 ? "hybrid_override_pattern" : Any("layers_block_type", "layer_types")] =
            spelling == 0 && random.Next(2) == 0 ? string.Concat(layers) : new JsonArray([.. layers.Select(text => (JsonNode)text)]);
        json["vocab_size"] = config.VocabSize;
        json["hidden_size"] = config.HiddenSize;
        json["max_position_embeddings"] = config.MaxPositionEmbeddings;
        json[Any("layer_norm_epsilon", "rms_norm_eps", "norm_eps")] = config.LayerNormEpsilon;
        json["tie_word_embeddings"] = config.TieWordEmbeddings;
        json["residual_in_fp32"] = config.ResidualInFp32;
        json["bos_token_id"] = config.BosTokenId;
        json["pad_token_id"] = config.PadTokenId;
        json["eos_token_id"] = config.EosTokenIds.Length == 1
            ? config.EosTokenIds[0]
            : new JsonArray([.. config.EosTokenIds.Select(id => (JsonNode)id)]);
        json["num_nextn_predict_layers"] = config.NumNextnPredictLayers;
    }

    private void Mamba(JsonObject json, MambaConfig? mamba)
    {
        if (mamba is null)
        {
            return;
        }

        json["mamba_num_heads"] = mamba.NumHeads;
        json["mamba_head_dim"] = mamba.HeadDim;
        json["ssm_state_size"] = mamba.StateSize;
        json[Any("n_groups", "mamba_n_groups")] = mamba.NumGroups;
        json[Any("conv_kernel", "mamba_d_conv")] = mamba.ConvKernel;
        json[Any("use_conv_bias", "mamba_conv_bias")] = mamba.UseConvBias;
        json[Any("chunk_size", "mamba_chunk_size")] = mamba.ChunkSize;
        json[Any("use_bias", "mamba_proj_bias")] = mamba.UseBias;
        json[Any("time_step_min", "mamba_dt_min")] = mamba.TimeStepMin;
        JsonNode max = double.IsFinite(mamba.TimeStepLimit.Max) ? mamba.TimeStepLimit.Max
            : random.Next(2) == 0 ? BareInfinity : new JsonObject { ["__float__"] = "Infinity" };
        json[Any("time_step_limit", "mamba_dt_limit")] = new JsonArray(mamba.TimeStepLimit.Min, max);
    }

    private void Attention(JsonObject json, AttentionConfig? attention)
    {
        if (attention is null)
        {
            return;
        }

        json["num_attention_heads"] = attention.NumHeads;
        json["num_key_value_heads"] = attention.NumKeyValueHeads;
        json[Any("head_dim", "attention_head_dim")] = attention.HeadDim;
        json["attention_bias"] = attention.Bias;
    }

    private void Mlp(JsonObject json, NemotronHConfig config)
    {
        if (config.Mlp is null)
        {
            return;
        }

        var sizes = new Queue<int>(config.Mlp.IntermediateSizes);
        json["mlp_bias"] = config.Mlp.Bias;
        json["intermediate_size"] = sizes.Distinct().Count() == 1 && random.Next(2) == 0
            ? random.Next(2) == 0 ? sizes.Peek() : new JsonArray(sizes.Peek())
            : random.Next(2) == 0
                ? new JsonArray([.. sizes.Select(size => (JsonNode)size)])
                : new JsonArray([.. config.Layers.Select(kind => (JsonNode)(kind == LayerKind.Mlp ? sizes.Dequeue() : 0))]);
    }

    private void Moe(JsonObject json, MoeConfig? moe)
    {
        if (moe is null)
        {
            return;
        }

        json[Any("n_routed_experts", "num_experts", "num_local_experts")] = moe.NumExperts;
        json[Any("n_shared_experts", "num_shared_experts")] = moe.NumSharedExperts;
        json["num_experts_per_tok"] = moe.TopK;
        json["moe_intermediate_size"] = moe.IntermediateSize;
        json["moe_shared_expert_intermediate_size"] = moe.SharedIntermediateSize;
        json["moe_latent_size"] = moe.LatentSize;
        json["n_group"] = moe.NumGroups;
        json["topk_group"] = moe.TopKGroups;
        json["norm_topk_prob"] = moe.NormTopKProb;
        json["routed_scaling_factor"] = moe.RoutedScalingFactor;
        json["mlp_bias"] = moe.Bias;
    }

    private string Any(params string[] names) => names[random.Next(names.Length)];
}
