using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Tests.Checkpoints;
using static TorchSharp.torch;

namespace NemotronH.Tests.Loading;

/// <summary>Loading holds the final tensors and little else, whatever the size of the checkpoint.</summary>
[Trait("Category", "Long")]
public sealed class LoadingMemoryTests
{
    private const long Allowance = 400_000_000;

    /// <summary>1.2 billion parameters: every kind of layer, experts and a large vocabulary.</summary>
    private const string Config = """
        {
          "model_type": "nemotron_h", "hybrid_override_pattern": "MEM*E-", "vocab_size": 131072, "hidden_size": 2048,
          "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 128, "attention_bias": false, "intermediate_size": 8192, "mlp_bias": false,
          "mlp_hidden_act": "relu2", "mamba_hidden_act": "silu", "mamba_num_heads": 64, "mamba_head_dim": 64, "ssm_state_size": 128, "n_groups": 8,
          "conv_kernel": 4, "chunk_size": 128, "use_conv_bias": true, "use_bias": false, "n_routed_experts": 64, "num_experts_per_tok": 6,
          "moe_intermediate_size": 1024, "moe_shared_expert_intermediate_size": 2048, "n_shared_experts": 1, "n_group": 1, "topk_group": 1,
          "norm_topk_prob": true, "routed_scaling_factor": 2.5, "layer_norm_epsilon": 1e-5, "tie_word_embeddings": false,
          "max_position_embeddings": 4096, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0
        }
        """;

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32)]
    public void Peak_anonymous_memory_is_that_of_the_converted_tensors(ScalarType dtype)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "RssAnon is read from /proc, which only Linux has.");
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", Config);
        NemotronHConfig config = NemotronHConfigReader.Load(directory.Path);
        RandomCheckpoint.Write(config, directory.Path, directory["model"]);
        long stored = Directory.EnumerateFiles(directory["model"], "*.safetensors").Sum(file => new FileInfo(file).Length);
        Assert.True(stored >= 2_000_000_000, $"The checkpoint has only {stored} bytes.");
        GC.Collect();
        long before = AnonymousMemory.Read("RssAnon");

        using var memory = new AnonymousMemory();
        using LanguageModel model = LanguageModel.Load(directory["model"], new ModelOptions { Dtype = dtype, MaxContext = 64 });
        long converted = dtype == ScalarType.Float32 ? 2 * stored : 0;

        long peak = memory.Peak - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{stored} bytes stored, {converted} converted, peak {peak} above the start");
        Assert.InRange(peak, 0, converted + Allowance);
    }
}
