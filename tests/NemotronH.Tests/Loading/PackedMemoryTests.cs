using NemotronH.Configuration;
using NemotronH.Tests.Checkpoints;

namespace NemotronH.Tests.Loading;

/// <summary>Packed weights stay packed, in the memory of the file.</summary>
[Trait("Category", "Long")]
public sealed class PackedMemoryTests
{
    private const long Allowance = 400_000_000;

    private const string Config = """
        {
          "model_type": "nemotron_h", "hybrid_override_pattern": "MEM*E-E", "vocab_size": 16384, "hidden_size": 2688,
          "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 128, "attention_bias": false, "intermediate_size": 8192, "mlp_bias": false,
          "mlp_hidden_act": "relu2", "mamba_hidden_act": "silu", "mamba_num_heads": 64, "mamba_head_dim": 64, "ssm_state_size": 128, "n_groups": 8,
          "conv_kernel": 4, "chunk_size": 128, "use_conv_bias": true, "use_bias": false, "n_routed_experts": 64, "num_experts_per_tok": 6,
          "moe_intermediate_size": 1856, "moe_shared_expert_intermediate_size": 3712, "n_shared_experts": 1, "n_group": 1, "topk_group": 1,
          "norm_topk_prob": true, "routed_scaling_factor": 2.5, "layer_norm_epsilon": 1e-5, "tie_word_embeddings": false,
          "max_position_embeddings": 4096, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0
        }
        """;

    [Fact]
    public void After_twenty_decode_steps_memory_is_little_more_than_the_packed_weights()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "RssAnon and RssFile are read from /proc, which only Linux has.");
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", Config);
        long packed = PackedCheckpoint.Write(NemotronHConfigReader.Load(directory.Path), directory["model.safetensors"]);
        Assert.True(packed >= 1_000_000_000, $"Only {packed} bytes are packed.");

        using LanguageModel model = LanguageModel.Load(directory.Path, new ModelOptions { MaxContext = 64 });
        int[] prompt = [.. Enumerable.Range(0, 40).Select(i => i * 401 % 16384)];
        using var run = model.Start(prompt, new() { MaxTokens = 20, Temperature = 0, IgnoreEos = true });
        while (run.MoveNext())
        {
        }

        GC.Collect();
        long anonymous = AnonymousMemory.Read("RssAnon"), file = AnonymousMemory.Read("RssFile");
        TestContext.Current.TestOutputHelper?.WriteLine($"{packed} bytes packed, RssAnon {anonymous}, RssFile {file}");
        Assert.Equal(20, run.OutputIds.Count);
        Assert.InRange(anonymous + file, packed / 4, (packed * 5 / 4) + Allowance);
    }
}
