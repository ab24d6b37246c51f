using System.Text.Json.Nodes;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;

namespace NemotronH.Cli.Tests.Support;

/// <summary>Writes small models with random weights.</summary>
internal static class TestModel
{
    public const int VocabSize = 300;

    public const int MaxContext = 64;

    /// <summary>The config of a model with every kind of layer.</summary>
    public static JsonObject Config() => new()
    {
        ["model_type"] = "nemotron_h",
        ["hybrid_override_pattern"] = "ME*-M",
        ["vocab_size"] = VocabSize,
        ["hidden_size"] = 64,
        ["layer_norm_epsilon"] = 1e-5,
        ["max_position_embeddings"] = MaxContext,
        ["mamba_num_heads"] = 4,
        ["mamba_head_dim"] = 16,
        ["ssm_state_size"] = 16,
        ["n_groups"] = 2,
        ["conv_kernel"] = 4,
        ["chunk_size"] = 8,
        ["use_conv_bias"] = true,
        ["num_attention_heads"] = 4,
        ["num_key_value_heads"] = 2,
        ["head_dim"] = 16,
        ["intermediate_size"] = 96,
        ["n_routed_experts"] = 4,
        ["num_experts_per_tok"] = 2,
        ["moe_intermediate_size"] = 32,
        ["moe_shared_expert_intermediate_size"] = 48,
        ["n_shared_experts"] = 1,
        ["n_group"] = 1,
        ["topk_group"] = 1,
        ["norm_topk_prob"] = true,
        ["routed_scaling_factor"] = 2.5,
        ["eos_token_id"] = 257,
    };

    /// <summary>Writes a model with weights, and a tokenizer if asked.</summary>
    /// <returns>The model's directory.</returns>
    public static string Write(TemporaryDirectory directory, bool tokenizer = false, long maxShardBytes = 1_000_000)
    {
        string shape = Path.GetDirectoryName(directory.Write("shape/config.json", Config().ToJsonString()))!;
        if (tokenizer)
        {
            directory.Write("shape/tokenizer.json", ByteTokenizer.Json().ToJsonString());
        }

        var options = new RandomCheckpointOptions { Seed = 1, MaxShardBytes = maxShardBytes };
        NemotronHConfig config = NemotronHConfigReader.Load(shape);
        RandomCheckpoint.Write(config, shape, directory["model"], options, cancellationToken: TestContext.Current.CancellationToken);
        return directory["model"];
    }
}
