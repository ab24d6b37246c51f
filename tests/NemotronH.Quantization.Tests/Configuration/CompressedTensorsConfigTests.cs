using System.Text.Json.Nodes;

namespace NemotronH.Quantization;

public sealed class CompressedTensorsConfigTests
{
    [Fact]
    public void A_class_of_modules_is_quantised_but_for_the_ignored()
    {
        QuantizationConfig config = TestConfigs.Parse(TestConfigs.CompressedTensors());
        Assert.Equal(QuantizationAlgorithm.Nvfp4, config.Algorithm);
        Assert.Equal(KvCachePrecision.Unquantized, config.KvCache);
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("lm_head"));
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("backbone.layers.0.mixer.conv1d"));
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("backbone.layers.1.mixer.gate"));
        Assert.Null(config.Expected("backbone.layers.1.mixer.experts.0.up_proj"));
        config.Verify("backbone.layers.1.mixer.experts.0.up_proj", ModulePrecision.Nvfp4);
        Assert.Contains("excludes it by \"lm_head\"",
            Assert.Throws<QuantizationException>(() => config.Verify("lm_head", ModulePrecision.Nvfp4)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_activations_the_weights_alone_are_quantised()
    {
        JsonObject section = TestConfigs.CompressedTensors();
        section["config_groups"]!["group_0"]!["input_activations"] = null;
        Assert.Equal(QuantizationAlgorithm.W4A16Nvfp4, TestConfigs.Parse(section).Algorithm);
    }

    [Fact]
    public void Targets_that_name_modules_list_them_all()
    {
        JsonObject section = TestConfigs.CompressedTensors();
        section["config_groups"]!["group_0"]!["targets"] = TestConfigs.Strings(["lm_head2", @"re:.*experts\.\d+\.(up|down)_proj"]);
        QuantizationConfig config = TestConfigs.Parse(section);
        Assert.Equal(ModulePrecision.Nvfp4, config.Expected("lm_head2"));
        Assert.Equal(ModulePrecision.Nvfp4, config.Expected("model.layers.3.mixer.experts.11.up_proj"));
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("model.layers.3.mixer.in_proj"));
    }

    [Theory]
    [InlineData("format", "\"float-quantized\"", "quantization_config.format is \"float-quantized\"; supported: nvfp4-pack-quantized.")]
    [InlineData("format", "null", "quantization_config.format is missing; supported: nvfp4-pack-quantized.")]
    [InlineData("config_groups", "null", "quantization_config.config_groups is missing or empty; expected a group of NVFP4 weights.")]
    [InlineData("config_groups", """{"g":{"format":"mxfp4-pack-quantized","weights":{}}}""", "quantization_config.config_groups.g.format is \"mxfp4-pack-quantized\"; supported: nvfp4-pack-quantized.")]
    [InlineData("config_groups", """{"g":{"weights":{"num_bits":8,"type":"float"}}}""", "quantization_config.config_groups.g describes FP8; nvfp4-pack-quantized holds NVFP4 only.")]
    [InlineData("config_groups", """{"g":{"weights":{"num_bits":4,"type":"int","group_size":128}}}""", "quantization_config.config_groups.g.weights has num_bits 4, type int, strategy none; expected FP8 (8-bit float, per tensor) or NVFP4 (4-bit float, groups of 16).")]
    [InlineData("config_groups", """{"g":{"weights":{"num_bits":4,"type":"float","group_size":32}}}""", "quantization_config.config_groups.g.weights.group_size is 32; expected 16.")]
    [InlineData("config_groups", """{"g":{"weights":{"num_bits":4,"type":"float"}}}""", "quantization_config.config_groups.g.weights.group_size is missing; expected 16.")]
    [InlineData("config_groups", """{"g":{}}""", "quantization_config.config_groups.g.weights is missing; expected an object.")]
    [InlineData("transform_config", """{"config_groups":{}}""", "quantization_config.transform_config is not empty; transformed weights are not supported.")]
    [InlineData("sparsity_config", """{"format":"sparse-24-bitmask"}""", "quantization_config.sparsity_config has format \"sparse-24-bitmask\"; supported: dense.")]
    [InlineData("ignore", """["re:["]""", "quantization_config.ignore: \"re:[\" is not a regular expression.")]
    [InlineData("kv_cache_scheme", """{"num_bits":4,"type":"float"}""", "quantization_config.kv_cache_scheme has num_bits 4 and type float; supported: FP8 (num_bits 8, type float) or none.")]
    public void Another_format_is_refused_by_field(string field, string value, string message)
    {
        JsonObject section = TestConfigs.CompressedTensors();
        section[field] = JsonNode.Parse(value);
        Assert.Equal($"{TestConfigs.Path("config.json")}: {message}", TestConfigs.Error(section));
    }
}
