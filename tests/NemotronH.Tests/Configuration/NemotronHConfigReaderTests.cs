using System.Text;
using System.Text.Json.Nodes;
using NemotronH.Configuration;
using NemotronH.Tests.Checkpoints;
using static NemotronH.Configuration.LayerKind;

namespace NemotronH.Tests.Configuration;

public sealed class NemotronHConfigReaderTests
{
    [Fact]
    public void Every_field_arrives_where_it_belongs()
    {
        NemotronHConfig config = TinyConfig.Parse(
            "moe_latent_size", "24",
            "n_group", "4",
            "topk_group", "2",
            "chunk_size", "5",
            "use_bias", "true",
            "mlp_bias", "true",
            "attention_bias", "true",
            "time_step_limit", "[0.5, 2]",
            "time_step_min", "0.25",
            "tie_word_embeddings", "true",
            "residual_in_fp32", "true",
            "bos_token_id", "1",
            "eos_token_id", "[2, 11]",
            "pad_token_id", "0",
            "num_nextn_predict_layers", "1");

        Assert.Equal([Mamba, Attention, Mlp, MixtureOfExperts], config.Layers);
        Assert.Equal((131, 48, 256), (config.VocabSize, config.HiddenSize, config.MaxPositionEmbeddings));
        Assert.Equal(1e-5, config.LayerNormEpsilon);
        Assert.Equal(
            new MambaConfig
            {
                NumHeads = 6,
                HeadDim = 8,
                StateSize = 16,
                NumGroups = 3,
                ConvKernel = 4,
                ChunkSize = 5,
                UseConvBias = true,
                UseBias = true,
                TimeStepLimit = (0.5, 2),
                TimeStepMin = 0.25,
            },
            config.Mamba);
        Assert.Equal(new AttentionConfig { NumHeads = 4, NumKeyValueHeads = 2, HeadDim = 12, Bias = true }, config.Attention);
        Assert.Equal([80], config.Mlp!.IntermediateSizes);
        Assert.True(config.Mlp.Bias);
        Assert.Equal(
            new MoeConfig
            {
                NumExperts = 16,
                TopK = 3,
                IntermediateSize = 20,
                SharedIntermediateSize = 40,
                NumSharedExperts = 1,
                LatentSize = 24,
                NumGroups = 4,
                TopKGroups = 2,
                NormTopKProb = true,
                RoutedScalingFactor = 2.5,
                Bias = true,
            },
            config.Moe);
        Assert.True(config.TieWordEmbeddings && config.ResidualInFp32);
        Assert.Equal((1, 0, 1), (config.BosTokenId, config.PadTokenId, config.NumNextnPredictLayers));
        Assert.Equal([2, 11], config.EosTokenIds);
        Assert.Empty(config.Notes);
    }

    [Fact]
    public void What_may_be_absent_means_what_every_released_model_has()
    {
        NemotronHConfig config = TinyConfig.Parse();

        Assert.Equal((false, false, 0), (config.TieWordEmbeddings, config.ResidualInFp32, config.NumNextnPredictLayers));
        Assert.Equal((null, null), (config.BosTokenId, config.PadTokenId));
        Assert.Empty(config.EosTokenIds);
        Assert.Equal((128, false, 0.001), (config.Mamba!.ChunkSize, config.Mamba.UseBias, config.Mamba.TimeStepMin));
        Assert.Equal((0, double.PositiveInfinity), config.Mamba.TimeStepLimit);
        Assert.False(config.Attention!.Bias || config.Mlp!.Bias || config.Moe!.Bias);
        Assert.Equal((1, 1, null), (config.Moe.NumGroups, config.Moe.TopKGroups, config.Moe.LatentSize));
    }

    [Theory]
    [InlineData("head_dim", "attention_head_dim")]
    [InlineData("n_groups", "mamba_n_groups")]
    [InlineData("conv_kernel", "mamba_d_conv")]
    [InlineData("use_conv_bias", "mamba_conv_bias")]
    [InlineData("layer_norm_epsilon", "rms_norm_eps")]
    [InlineData("layer_norm_epsilon", "norm_eps")]
    [InlineData("n_routed_experts", "num_experts")]
    [InlineData("n_routed_experts", "num_local_experts")]
    [InlineData("n_shared_experts", "num_shared_experts")]
    public void An_alias_stands_for_the_usual_name_alone_or_beside_it(string name, string alias)
    {
        JsonObject json = TinyConfig.Json();
        string value = json[name]!.ToJsonString();
        string expected = Render(TinyConfig.Parse());

        Assert.Equal(expected, Render(TinyConfig.Parse(name, "absent", alias, value)));
        Assert.Equal(expected, Render(TinyConfig.Parse(alias, value)));
        Assert.Equal(expected, Render(TinyConfig.Parse(name, "null", alias, value)));
    }

    [Theory]
    [InlineData("chunk_size", "mamba_chunk_size", "7")]
    [InlineData("time_step_limit", "mamba_dt_limit", "[0.25,8]")]
    [InlineData("time_step_min", "mamba_dt_min", "0.125")]
    [InlineData("use_bias", "mamba_proj_bias", "true")]
    public void An_alias_of_an_optional_field_is_read(string name, string alias, string value)
    {
        string expected = Render(TinyConfig.Parse(name, value));

        Assert.NotEqual(expected, Render(TinyConfig.Parse()));
        Assert.Equal(expected, Render(TinyConfig.Parse(alias, value)));
    }

    [Fact]
    public void Use_bias_wins_over_mamba_proj_bias() =>
        Assert.False(TinyConfig.Parse("use_bias", "false", "mamba_proj_bias", "true").Mamba!.UseBias);

    [Fact]
    public void Expand_has_no_say_in_the_inner_width() =>
        Assert.Equal(48, TinyConfig.Parse("expand", "7").Mamba!.InnerSize);

    [Theory]
    [InlineData("""[0.0, Infinity]""", 0, double.PositiveInfinity)]
    [InlineData("""[0.0, {"__float__":"Infinity"}]""", 0, double.PositiveInfinity)]
    [InlineData("""[0.0, { "__float__" : "Infinity" }]""", 0, double.PositiveInfinity)]
    [InlineData("""[0, "Infinity"]""", 0, double.PositiveInfinity)]
    [InlineData("""[0, 1e999]""", 0, double.PositiveInfinity)]
    [InlineData("""null""", 0, double.PositiveInfinity)]
    [InlineData("""[1e-4, 0.1]""", 1e-4, 0.1)]
    [InlineData("""[0.001,Infinity]""", 0.001, double.PositiveInfinity)]
    public void The_bounds_of_dt_are_read_in_every_spelling(string value, double min, double max)
    {
        string json = TinyConfig.With("time_step_limit", "\"HERE\"").Replace("\"HERE\"", value, StringComparison.Ordinal);

        Assert.Equal((min, max), NemotronHConfigReader.Parse(json, TinyConfig.Origin).Mamba!.TimeStepLimit);
    }

    [Fact]
    public void Non_finite_numbers_in_fields_that_nobody_reads_do_no_harm()
    {
        string json = TinyConfig.With("x", "\"HERE\"").Replace("\"HERE\"", """[NaN, -Infinity, {"a": Infinity}]""", StringComparison.Ordinal);

        Assert.Equal(131, NemotronHConfigReader.Parse(json, TinyConfig.Origin).VocabSize);
    }

    [Theory]
    [InlineData("null", new int[0])]
    [InlineData("2", new[] { 2 })]
    [InlineData("[2, 11]", new[] { 2, 11 })]
    [InlineData("[]", new int[0])]
    public void Eos_is_one_id_or_a_list(string value, int[] expected) =>
        Assert.Equal(expected, TinyConfig.Parse("eos_token_id", value).EosTokenIds);

    [Fact]
    public void An_eos_id_beyond_the_vocabulary_is_noted()
    {
        NemotronHConfig config = TinyConfig.Parse("eos_token_id", "[2, 131]");

        Assert.Equal("field 'eos_token_id' names token 131, which the vocabulary of 131 does not have", Assert.Single(config.Notes));
    }

    [Theory]
    [InlineData("[80]", new[] { 80, 80 })]
    [InlineData("[80, 96]", new[] { 80, 96 })]
    [InlineData("[0, 80, null, -3, 96]", new[] { 80, 96 })]
    [InlineData("64", new[] { 64, 64 })]
    public void The_mlp_width_is_one_number_or_a_list(string value, int[] expected)
    {
        NemotronHConfig config = TinyConfig.Parse("hybrid_override_pattern", "\"M-M*-\"", "intermediate_size", value);

        Assert.Equal(expected, config.Mlp!.IntermediateSizes);
    }

    [Theory]
    [InlineData("M", "Mamba", "mamba_num_heads mamba_head_dim ssm_state_size n_groups conv_kernel use_conv_bias")]
    [InlineData("*", "Attention", "num_attention_heads num_key_value_heads head_dim")]
    [InlineData("-", "Mlp", "intermediate_size")]
    [InlineData("E", "Moe", "n_routed_experts num_experts_per_tok moe_intermediate_size n_shared_experts moe_shared_expert_intermediate_size "
        + "norm_topk_prob routed_scaling_factor")]
    public void Fields_of_kinds_the_model_has_not_are_not_demanded(string letter, string part, string needed)
    {
        string[] all = ["M", "*", "-", "E"];
        string[] own = ["model_type", "vocab_size", "hidden_size", "layer_norm_epsilon", "max_position_embeddings", .. needed.Split(' ')];
        string[] changes = [.. TinyConfig.Json().Select(field => field.Key).Except(own).SelectMany(name => new[] { name, "absent" })];

        NemotronHConfig config = TinyConfig.Parse([.. changes, "hybrid_override_pattern", $"\"{letter}\""]);

        Assert.Single(all, letter);
        Assert.Equal(part == "Mamba", config.Mamba is not null);
        Assert.Equal(part == "Attention", config.Attention is not null);
        Assert.Equal(part == "Mlp", config.Mlp is not null);
        Assert.Equal(part == "Moe", config.Moe is not null);
    }

    [Fact]
    public void Without_shared_experts_their_width_is_not_demanded()
    {
        MoeConfig moe = TinyConfig.Parse("n_shared_experts", "0", "moe_shared_expert_intermediate_size", "absent").Moe!;

        Assert.Equal((0, 0), (moe.NumSharedExperts, moe.SharedIntermediateSize));
    }

    [Fact]
    public void A_convolution_of_one_tap_is_legal() => Assert.Equal(1, TinyConfig.Parse("conv_kernel", "1").Mamba!.ConvKernel);

    [Fact]
    public void Another_ssm_cache_dtype_is_noted() => Assert.Contains(
        "'mamba_ssm_cache_dtype' is not 'float32'", Assert.Single(TinyConfig.Parse("mamba_ssm_cache_dtype", "\"bfloat16\"").Notes));

    [Theory]
    [InlineData("NemotronH_Nano_VL_V2", "llm_config")]
    [InlineData("NemotronH_Nano_Omni_Reasoning_V3", "llm_config")]
    [InlineData("some_vl", "text_config")]
    [InlineData("some_vl", "language_config")]
    public void The_text_model_of_a_larger_one_is_found(string outer, string wrapping)
    {
        var json = new JsonObject
        {
            ["model_type"] = outer,
            ["hidden_size"] = 9999,
            ["vision_config"] = new JsonObject { ["model_type"] = "vit" },
            [wrapping] = TinyConfig.Json(),
        };

        NemotronHConfig config = NemotronHConfigReader.Parse(json.ToJsonString(), TinyConfig.Origin);

        Assert.Equal(48, config.HiddenSize);
        Assert.Equal($"the text model inside '{outer}' ('{wrapping}'); its other parts are not run", Assert.Single(config.Notes));
    }

    [Fact]
    public void A_byte_order_mark_is_tolerated()
    {
        byte[] bytes = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(TinyConfig.With())];

        Assert.Equal(131, NemotronHConfigReader.Parse(bytes, TinyConfig.Origin).VocabSize);
    }

    [Fact]
    public void A_quantisation_list_of_the_size_of_Supers_is_stepped_over()
    {
        var layers = new JsonObject();
        var padding = new string('-', 40);
        for (int i = 0; i < 41_100; i++)
        {
            string module = $"backbone.layers.{i % 88}.mixer.experts.{i}.up_proj.with.a.name.as.long.as.they.come.in.this.file";
            layers[module] = new JsonObject { ["quant_algo"] = "NVFP4", ["group_size"] = 16, ["comment"] = "\"Infinity\" \\ NaN " + padding };
        }

        JsonObject json = TinyConfig.Json();
        json["quantization_config"] = new JsonObject { ["quantized_layers"] = layers };
        string text = json.ToJsonString();

        Assert.True(text.Length > 7_400_000);
        Assert.Equal(Render(TinyConfig.Parse()), Render(NemotronHConfigReader.Parse(text, TinyConfig.Origin)));
    }

    [Fact]
    public void A_directory_is_read()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", TinyConfig.With());

        Assert.Equal(131, NemotronHConfigReader.Load(directory.Path).VocabSize);
    }

    private static string Render(NemotronHConfig config) => ConfigText.Of(config);
}
