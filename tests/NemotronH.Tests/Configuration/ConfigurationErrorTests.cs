using System.Text.Json.Nodes;
using NemotronH.Configuration;
using NemotronH.Tests.Checkpoints;

namespace NemotronH.Tests.Configuration;

public sealed class ConfigurationErrorTests
{
    private const string MambaFields = "'mamba_num_heads', 'mamba_head_dim', 'n_groups' and 'ssm_state_size'";

    [Theory]
    [InlineData("model_type", "")]
    [InlineData("vocab_size", "")]
    [InlineData("hidden_size", "")]
    [InlineData("layer_norm_epsilon", " (or 'rms_norm_eps', 'norm_eps')")]
    [InlineData("max_position_embeddings", "")]
    [InlineData("mamba_num_heads", "")]
    [InlineData("mamba_head_dim", "")]
    [InlineData("ssm_state_size", "")]
    [InlineData("n_groups", " (or 'mamba_n_groups')")]
    [InlineData("conv_kernel", " (or 'mamba_d_conv')")]
    [InlineData("use_conv_bias", " (or 'mamba_conv_bias')")]
    [InlineData("num_attention_heads", "")]
    [InlineData("num_key_value_heads", "")]
    [InlineData("head_dim", " (or 'attention_head_dim')")]
    [InlineData("intermediate_size", "")]
    [InlineData("n_routed_experts", " (or 'num_experts', 'num_local_experts')")]
    [InlineData("num_experts_per_tok", "")]
    [InlineData("moe_intermediate_size", "")]
    [InlineData("n_shared_experts", " (or 'num_shared_experts')")]
    [InlineData("moe_shared_expert_intermediate_size", "")]
    [InlineData("norm_topk_prob", "")]
    [InlineData("routed_scaling_factor", "")]
    public void A_field_that_matters_is_demanded_by_all_its_names(string name, string aliases)
    {
        string message = $"config.json: field '{name}'{aliases} is missing";

        Assert.Equal(message, TinyConfig.ErrorOf(TinyConfig.With(name, "absent")));
        Assert.Equal(message, TinyConfig.ErrorOf(TinyConfig.With(name, "null")));
    }

    [Theory]
    [InlineData("vocab_size")]
    [InlineData("hidden_size")]
    [InlineData("max_position_embeddings")]
    [InlineData("mamba_num_heads")]
    [InlineData("mamba_head_dim")]
    [InlineData("ssm_state_size")]
    [InlineData("n_groups")]
    [InlineData("conv_kernel")]
    [InlineData("chunk_size")]
    [InlineData("num_attention_heads")]
    [InlineData("num_key_value_heads")]
    [InlineData("head_dim")]
    [InlineData("intermediate_size")]
    [InlineData("n_routed_experts")]
    [InlineData("num_experts_per_tok")]
    [InlineData("moe_intermediate_size")]
    [InlineData("moe_shared_expert_intermediate_size")]
    [InlineData("moe_latent_size")]
    [InlineData("n_group")]
    [InlineData("topk_group")]
    public void A_size_is_a_positive_integer(string name)
    {
        const string Expected = "expected a positive integer";
        (string Value, string Found)[] wrong =
            [("\"4096\"", "a string"), ("0", "0"), ("-5", "-5"), ("4.5", "4.5"), ("true", "true"), ("{}", "an object"), ("-1e400", "-1e400")];
        foreach ((string value, string found) in wrong)
        {
            Assert.Equal($"config.json: field '{name}' is {found}; {Expected}", TinyConfig.ErrorOf(TinyConfig.With(name, value)));
        }

        Assert.Equal($"config.json: field '{name}' is 3000000000; {Expected} of at most 2147483647", TinyConfig.ErrorOf(TinyConfig.With(name, "3000000000")));
    }

    [Theory]
    [InlineData("use_conv_bias")]
    [InlineData("use_bias")]
    [InlineData("mamba_proj_bias")]
    [InlineData("mlp_bias")]
    [InlineData("attention_bias")]
    [InlineData("norm_topk_prob")]
    [InlineData("tie_word_embeddings")]
    [InlineData("residual_in_fp32")]
    public void A_switch_is_true_or_false(string name)
    {
        Assert.Equal($"config.json: field '{name}' is 1; expected true or false", TinyConfig.ErrorOf(TinyConfig.With(name, "1")));
        Assert.Equal($"config.json: field '{name}' is a string; expected true or false", TinyConfig.ErrorOf(TinyConfig.With(name, "\"true\"")));
    }

    [Theory]
    [InlineData("layer_norm_epsilon", "0", "0", "a positive number")]
    [InlineData("layer_norm_epsilon", "-1e-5", "-1e-5", "a positive number")]
    [InlineData("layer_norm_epsilon", "\"1e-5\"", "a string", "a positive number")]
    [InlineData("layer_norm_epsilon", "1e999", "1e999", "a positive number")]
    [InlineData("routed_scaling_factor", "0", "0", "a positive number")]
    [InlineData("routed_scaling_factor", """{"__float__":"Infinity"}""", "Infinity", "a positive number")]
    [InlineData("time_step_min", "-0.5", "-0.5", "a non-negative number")]
    [InlineData("time_step_limit", "0.5", "0.5", "a list of two numbers, 0 <= min < max")]
    [InlineData("time_step_limit", "[0.5]", "[0.5]", "a list of two numbers, 0 <= min < max")]
    [InlineData("time_step_limit", "[2, 1]", "[2, 1]", "a list of two numbers, 0 <= min < max")]
    [InlineData("time_step_limit", "[-1, 1]", "[-1, 1]", "a list of two numbers, 0 <= min < max")]
    [InlineData("time_step_limit", """[0, "NaN"]""", "[0, NaN]", "a list of two numbers, 0 <= min < max")]
    [InlineData("n_shared_experts", "-1", "-1", "a non-negative integer")]
    [InlineData("num_nextn_predict_layers", "-1", "-1", "a non-negative integer")]
    [InlineData("bos_token_id", "-1", "-1", "a non-negative integer")]
    [InlineData("pad_token_id", "\"0\"", "a string", "a non-negative integer")]
    [InlineData("eos_token_id", "-2", "-2", "a non-negative integer")]
    [InlineData("eos_token_id", "\"</s>\"", "a string", "a non-negative integer or a list of them")]
    [InlineData("model_type", "7", "7", "a string of Unicode text")]
    [InlineData("sliding_window", "4096", "4096", "null: attention over a window is not supported")]
    [InlineData("enable_rope", "true", "true", "false: attention with rotary positions is not supported")]
    [InlineData("block_configs", "[]", "a list", "none: layers of unequal sizes are not supported")]
    [InlineData("num_attention_heads", "5", "5", "a multiple of 'num_key_value_heads' (2)")]
    [InlineData("mamba_num_heads", "7", "7", "a multiple of 'n_groups' (3)")]
    [InlineData("num_experts_per_tok", "17", "17", "at most the number of experts (16)")]
    [InlineData("topk_group", "2", "2", "at most 'n_group' (1)")]
    [InlineData("n_group", "3", "3", "a divisor of the number of experts (16)")]
    [InlineData("n_group", "16", "16", "groups of at least two of the 16 experts")]
    [InlineData("n_group", "8", "3", "at most the 2 experts of the 1 selectable groups", "num_experts_per_tok")]
    public void A_value_that_cannot_be_is_refused(string name, string value, string found, string expected, string? culprit = null) => Assert.Equal(
        $"config.json: field '{culprit ?? name}' is {found}; expected {expected}", TinyConfig.ErrorOf(TinyConfig.With(name, value)));

    [Theory]
    [InlineData("time_step_limit", "[0, true]", "config.json: field 'time_step_limit[1]' is true; expected a number")]
    [InlineData("eos_token_id", "[2, \"x\"]", "config.json: field 'eos_token_id[1]' is a string; expected a non-negative integer")]
    [InlineData("intermediate_size", "[-3]", "config.json: field 'intermediate_size[0]' is -3; expected a positive integer")]
    [InlineData("intermediate_size", "[1, 2, 3]", "config.json: field 'intermediate_size' has 3 entries; expected 1, 1 (the MLP layers) or 4 (all layers)")]
    [InlineData("intermediate_size", "[]", "config.json: field 'intermediate_size' has 0 entries; expected 1, 1 (the MLP layers) or 4 (all layers)")]
    [InlineData("mlp_hidden_act", "\"silu\"", "config.json: field 'mlp_hidden_act' is 'silu'; expected 'relu2'")]
    [InlineData("mamba_hidden_act", "\"gelu\"", "config.json: field 'mamba_hidden_act' is 'gelu'; expected 'silu'")]
    [InlineData("scoring_func", "\"softmax\"", "config.json: field 'scoring_func' is 'softmax'; expected 'sigmoid'")]
    [InlineData("model_type", "\"llama\"", "config.json: model_type 'llama' is not a Nemotron-H model; expected 'nemotron_h'")]
    [InlineData("model_type", "\"nemotron_h_puzzle\"", "config.json: model_type 'nemotron_h_puzzle' is not a Nemotron-H model; expected 'nemotron_h'")]
    [InlineData("model_type", "\"a\\nb\"", "config.json: model_type 'a\\nb' is not a Nemotron-H model; expected 'nemotron_h'")]
    [InlineData("attention_head_dim", "64", "config.json: fields 'head_dim' (12) and 'attention_head_dim' (64) disagree; expected one value")]
    [InlineData("rms_norm_eps", "1e-6", "config.json: fields 'layer_norm_epsilon' (1E-05) and 'rms_norm_eps' (1e-6) disagree; expected one value")]
    public void A_bad_field_is_named(string name, string value, string message) =>
        Assert.Equal(message, TinyConfig.ErrorOf(TinyConfig.With(name, value)));

    [Theory]
    [InlineData("mamba_num_heads", "2147483646", MambaFields, "in_proj", 36507222078)]
    [InlineData("ssm_state_size", "2147483647", MambaFields, "in_proj", 12884901984)]
    [InlineData("num_attention_heads", "2147483646", "'num_attention_heads' and 'head_dim'", "q_proj", 25769803752)]
    public void Sizes_whose_product_is_beyond_32_bits_are_refused(string name, string value, string culprits, string projection, long rows) =>
        Assert.Equal(
            $"config.json: fields {culprits} give {projection} {rows} rows; expected at most 2147483647", TinyConfig.ErrorOf(TinyConfig.With(name, value)));

    [Fact]
    public void A_model_beyond_64_bits_is_refused()
    {
        string json = TinyConfig.With("n_routed_experts", "2147483647", "moe_intermediate_size", "2147483647", "hidden_size", "2147483647");

        Assert.Equal("config.json: the sizes multiply to more than 2^63 bytes of weights or states", TinyConfig.ErrorOf(json));
    }

    [Fact]
    public void A_field_inside_a_larger_model_is_named_with_its_path()
    {
        JsonObject text = TinyConfig.Json();
        text.Remove("hidden_size");
        var json = new JsonObject { ["model_type"] = "NemotronH_Nano_VL_V2", ["llm_config"] = text };
        Assert.Equal("config.json: field 'llm_config.hidden_size' is missing", TinyConfig.ErrorOf(json.ToJsonString()));

        text["model_type"] = "qwen3";
        Assert.Equal(
            "config.json: llm_config.model_type 'qwen3' is not a Nemotron-H model; expected 'nemotron_h'", TinyConfig.ErrorOf(json.ToJsonString()));
    }

    [Theory]
    [InlineData("", "config.json: is not JSON: line 1, column 1: ")]
    [InlineData("# notes", "config.json: is not JSON: line 1, column 1: '#' is an invalid start of a value.")]
    [InlineData("{\n  \"a\": 1,\n  \"b\": x\n}", "config.json: is not JSON: line 3, column 8: 'x' is an invalid start of a value.")]
    [InlineData("{\"a\": [Infinity, NaN, -Infinity], \"b\": x}", "config.json: is not JSON: line 1, column 40: 'x' is an invalid start of a value.")]
    [InlineData("{\n\"a\": NaN,\n\"b\": [NaN, y]}", "config.json: is not JSON: line 3, column 12: 'y' is an invalid start of a value.")]
    [InlineData("{\"a\": 1,}", "config.json: is not JSON: line 1, column 9: ")]
    [InlineData("{\"a\": \"unfinished", "config.json: is not JSON: line 1, column ")]
    [InlineData("{Infinity: 1}", "config.json: is not JSON: line 1, column 2: ")]
    [InlineData("[1, 2]", "config.json: holds a list; expected an object")]
    [InlineData("null", "config.json: holds null; expected an object")]
    [InlineData("NaN", "config.json: field 'model_type' is missing")]
    public void What_is_not_a_json_object_is_refused_with_its_place(string text, string messageStart)
    {
        string message = TinyConfig.ErrorOf(text);

        Assert.StartsWith(messageStart, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.DoesNotContain("BytePositionInLine", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_refused() => Assert.Equal(
        "config.json: is not UTF-8 text; expected JSON",
        Assert.Throws<ConfigurationException>(() => NemotronHConfigReader.Parse([0x7B, 0xFF, 0x7D], TinyConfig.Origin)).Message);

    [Fact]
    public void Deep_nesting_is_refused()
    {
        string deep = TinyConfig.With("x", "\"HERE\"").Replace(
            "\"HERE\"", new string('[', 100_000) + new string(']', 100_000), StringComparison.Ordinal);

        Assert.StartsWith("config.json: is not JSON: line 1, column ", TinyConfig.ErrorOf(deep), StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_of_many_digits_is_refused_in_one_short_line()
    {
        string digits = TinyConfig.With("hidden_size", "777").Replace("777", new string('7', 100_000), StringComparison.Ordinal);

        Assert.Equal(
            $"config.json: field 'hidden_size' is {new string('7', 40)}...; expected a positive integer of at most 2147483647", TinyConfig.ErrorOf(digits));
    }

    [Fact]
    public void Unpaired_surrogates_are_refused_where_read_and_else_ignored()
    {
        string value = TinyConfig.With("mlp_hidden_act", "\"HERE\"").Replace("HERE", "\\ud800", StringComparison.Ordinal);
        string name = TinyConfig.With("HERE", "1").Replace("HERE", "\\udc00", StringComparison.Ordinal);

        Assert.Equal("config.json: field 'mlp_hidden_act' is a string; expected a string of Unicode text", TinyConfig.ErrorOf(value));
        Assert.Equal(131, NemotronHConfigReader.Parse(name, TinyConfig.Origin).VocabSize);
    }

    [Fact]
    public void Line_breaks_that_json_allows_in_strings_do_not_break_the_message()
    {
        string json = TinyConfig.With("model_type", "\"HERE\"").Replace("HERE", "a\u0085\u2028b", StringComparison.Ordinal);

        Assert.Equal("config.json: model_type 'a??b' is not a Nemotron-H model; expected 'nemotron_h'", TinyConfig.ErrorOf(json));
    }

    [Fact]
    public void A_directory_without_the_file_is_refused()
    {
        using var directory = new TemporaryDirectory();
        string file = directory.Write("other.json", "{}");
        string absent = directory["absent"];

        Assert.Equal($"{directory.Path}: has no config.json; expected a model's directory", LoadError(directory.Path));
        Assert.Equal($"{absent}: no such directory; expected a model's directory", LoadError(absent));
        Assert.Equal($"{file}: is a file; expected a model's directory", LoadError(file));
    }

    [Fact]
    public void A_bad_file_is_named_by_its_path()
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", TinyConfig.With("hidden_size", "absent"));

        Assert.Equal($"{directory["config.json"]}: field 'hidden_size' is missing", LoadError(directory.Path));
    }

    private static string LoadError(string directory) =>
        Assert.Throws<ConfigurationException>(() => NemotronHConfigReader.Load(directory)).Message;
}
