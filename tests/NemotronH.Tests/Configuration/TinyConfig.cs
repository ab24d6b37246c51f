using System.Text.Json.Nodes;
using NemotronH.Configuration;

namespace NemotronH.Tests.Configuration;

/// <summary>A small valid configuration with one layer of each kind, to be spoilt one field at a time.</summary>
internal static class TinyConfig
{
    public const string Origin = "config.json";

    public static JsonObject Json() => new()
    {
        ["model_type"] = "nemotron_h",
        ["hybrid_override_pattern"] = "M*-E",
        ["vocab_size"] = 131,
        ["hidden_size"] = 48,
        ["layer_norm_epsilon"] = 1e-5,
        ["max_position_embeddings"] = 256,
        ["mamba_num_heads"] = 6,
        ["mamba_head_dim"] = 8,
        ["ssm_state_size"] = 16,
        ["n_groups"] = 3,
        ["conv_kernel"] = 4,
        ["use_conv_bias"] = true,
        ["num_attention_heads"] = 4,
        ["num_key_value_heads"] = 2,
        ["head_dim"] = 12,
        ["intermediate_size"] = 80,
        ["n_routed_experts"] = 16,
        ["num_experts_per_tok"] = 3,
        ["moe_intermediate_size"] = 20,
        ["n_shared_experts"] = 1,
        ["moe_shared_expert_intermediate_size"] = 40,
        ["norm_topk_prob"] = true,
        ["routed_scaling_factor"] = 2.5,
    };

    /// <summary>The configuration with fields set, or removed where the value is the text <c>absent</c>.</summary>
    /// <param name="changes">Names, each followed by a value in JSON.</param>
    public static string With(params string[] changes)
    {
        JsonObject json = Json();
        for (int i = 0; i < changes.Length; i += 2)
        {
            json.Remove(changes[i]);
            if (changes[i + 1] != "absent")
            {
                json[changes[i]] = JsonNode.Parse(changes[i + 1]);
            }
        }

        return json.ToJsonString();
    }

    public static NemotronHConfig Parse(params string[] changes) => NemotronHConfigReader.Parse(With(changes), Origin);

    public static string ErrorOf(string json) =>
        Assert.Throws<ConfigurationException>(() => NemotronHConfigReader.Parse(json, Origin)).Message;
}
