using System.Text;
using System.Text.Json.Nodes;

namespace NemotronH.Quantization;

public sealed class ConfigErrorTests
{
    private const string Module = "backbone.layers.0.mixer.in_proj";

    [Theory]
    [InlineData("FP8_PER_CHANNEL_PER_TOKEN")]
    [InlineData("FP8_PB_WO")]
    [InlineData("fp8_pb_wo")]
    [InlineData("MXFP8")]
    [InlineData("NVFP4_AWQ")]
    [InlineData("NVFP4_SVD")]
    [InlineData("W4A8_AWQ")]
    public void An_algorithm_that_is_not_supported_is_refused_by_name_in_either_file(string algorithm)
    {
        string message = $"is {algorithm}, which is not supported; supported: FP8, NVFP4, W4A16_NVFP4, MIXED_PRECISION.";
        Assert.Equal($"{TestConfigs.Path("config.json")}: quantization_config.quant_algo {message}",
            TestConfigs.Error(new JsonObject { ["quant_method"] = "modelopt", ["quant_algo"] = algorithm }));
        Assert.Equal($"{TestConfigs.Path("hf_quant_config.json")}: quantization.quant_algo {message}",
            TestConfigs.Error(file: TestConfigs.HfQuantConfig(new JsonObject { ["quant_algo"] = algorithm })));
        AssertModuleRefused(algorithm, "is " + algorithm + ", which is not supported; supported: FP8, NVFP4, W4A16_NVFP4.");
    }

    [Theory]
    [InlineData("NVFP5")]
    [InlineData("")]
    public void An_unknown_algorithm_is_refused_by_name_in_either_file(string algorithm)
    {
        Assert.Equal($"{TestConfigs.Path("hf_quant_config.json")}: quantization.quant_algo is \"{algorithm}\", which is unknown; supported: FP8, NVFP4, W4A16_NVFP4, MIXED_PRECISION.",
            TestConfigs.Error(file: TestConfigs.HfQuantConfig(new JsonObject { ["quant_algo"] = algorithm })));
        AssertModuleRefused(algorithm, $"is \"{algorithm}\", which is unknown; supported: FP8, NVFP4, W4A16_NVFP4.");
    }

    [Fact]
    public void A_single_module_cannot_be_of_mixed_precision() =>
        AssertModuleRefused("MIXED_PRECISION", "is \"MIXED_PRECISION\", which is unknown; supported: FP8, NVFP4, W4A16_NVFP4.");

    [Theory]
    [InlineData("""{"quant_algo":"MIXED_PRECISION"}""", "quantized_layers is missing or empty; MIXED_PRECISION lists every quantised module there.")]
    [InlineData("""{"quantized_layers":{"a":{"quant_algo":"FP8"}}}""", "quant_algo is missing; expected an algorithm, because quantized_layers lists modules.")]
    [InlineData("""{"quant_algo":"NVFP4","group_size":32}""", "group_size is 32; expected 16.")]
    [InlineData("""{"quant_algo":"NVFP4","group_size":"16"}""", "group_size is a string; expected an integer.")]
    [InlineData("""{"quant_algo":7}""", "quant_algo is the number 7; expected a string.")]
    [InlineData("""{"quant_algo":"NVFP4","exclude_modules":"lm_head"}""", "exclude_modules is a string; expected a list of strings.")]
    [InlineData("""{"quant_algo":"NVFP4","exclude_modules":["a",true]}""", "exclude_modules[1] is true; expected a string.")]
    [InlineData("""{"quant_algo":"NVFP4","kv_cache_quant_algo":"NVFP4"}""", "kv_cache_quant_algo is \"NVFP4\"; supported: FP8 or none.")]
    [InlineData("""{"quant_algo":"NVFP4","kv_cache_quant_algo":"INT8"}""", "kv_cache_quant_algo is \"INT8\"; supported: FP8 or none.")]
    [InlineData("""{"quant_algo":"NVFP4","kv_cache_quant_algo":8}""", "kv_cache_quant_algo is the number 8; expected a string.")]
    [InlineData("""{"quant_algo":"MIXED_PRECISION","quantized_layers":[]}""", "quantized_layers is a list; expected an object.")]
    [InlineData("""{"quant_algo":"MIXED_PRECISION","quantized_layers":{"a.b":"FP8"}}""", "quantized_layers[\"a.b\"] is a string; expected an object.")]
    [InlineData("""{"quant_algo":"MIXED_PRECISION","quantized_layers":{"a.b":{}}}""", "quantized_layers[\"a.b\"].quant_algo is missing; expected the name of an algorithm.")]
    [InlineData("""{"quant_algo":"MIXED_PRECISION","quantized_layers":{"a.b":{"quant_algo":"NVFP4","group_size":8}}}""", "quantized_layers[\"a.b\"].group_size is 8; expected 16.")]
    [InlineData("""{"quant_algo":"MIXED_PRECISION","quantized_layers":{"a.b":{"quant_algo":"NVFP4","pre_quant_scale":true}}}""", "quantized_layers[\"a.b\"].pre_quant_scale is true, which NVFP4 does not have.")]
    [InlineData("""{"quant_algo":"MIXED_PRECISION","quantized_layers":{"a.b":{"quant_algo":"FP8","has_zero_point":1}}}""", "quantized_layers[\"a.b\"].has_zero_point is the number 1; expected true or false.")]
    [InlineData("""{"quant_algo":"MIXED_PRECISION","quantized_layers":{"model.a":{"quant_algo":"FP8"},"backbone.a":{"quant_algo":"NVFP4"}}}""", "quantized_layers lists backbone.a twice, as FP8 and as NVFP4.")]
    [InlineData("""{"quant_algo":"MIXED_PRECISION","quantized_layers":{"a.b":{"quant_algo":"FP8"}},"exclude_modules":["a.b"]}""", "exclude_modules excludes a.b, which quantized_layers lists as FP8.")]
    public void A_broken_field_is_named_with_what_was_expected(string quantization, string message) =>
        Assert.Equal($"{TestConfigs.Path("hf_quant_config.json")}: quantization.{message}",
            TestConfigs.Error(file: TestConfigs.HfQuantConfig(JsonNode.Parse(quantization)!.AsObject())));

    [Theory]
    [InlineData("[]", "the document is a list; expected an object.")]
    [InlineData("{}", "quantization is missing; expected an object.")]
    [InlineData("{\"quantization\": 3}", "quantization is the number 3; expected an object.")]
    [InlineData("{\"quantization\": {", "not valid JSON at line 1, byte 19.")]
    [InlineData("{\n\"quantization\": x}", "not valid JSON at line 2, byte 17.")]
    [InlineData("", "not valid JSON at line 1, byte 1.")]
    public void A_broken_file_is_named(string text, string message) =>
        Assert.Equal($"{TestConfigs.Path("hf_quant_config.json")}: {message}",
            Assert.Throws<QuantizationException>(() => QuantizationConfigReader.ParseFiles(null, Encoding.UTF8.GetBytes(text), "dir")).Message);

    [Theory]
    [InlineData("""{}""", "quantization_config.quant_method is missing; expected modelopt or compressed-tensors.")]
    [InlineData("""{"quant_method":"gptq"}""", "quantization_config.quant_method is \"gptq\"; supported: modelopt, compressed-tensors.")]
    [InlineData("""{"quant_method":"bitsandbytes","quant_algo":"NVFP4"}""", "quantization_config.quant_method is \"bitsandbytes\"; supported: modelopt, compressed-tensors.")]
    [InlineData("""[]""", "quantization_config is a list; expected an object.")]
    [InlineData("""{"quant_algo":"NVFP4","config_groups":{"group_0":{"weights":{"num_bits":8,"type":"float"},"targets":["Linear"]}}}""", "quantization_config.quant_algo is NVFP4, but quantization_config.config_groups.group_0 describes FP8.")]
    [InlineData("""{"quant_algo":"FP8","config_groups":{"group_0":{"weights":{"num_bits":8,"type":"float","strategy":"channel"}}}}""", "quantization_config.config_groups.group_0.weights has num_bits 8, type float, strategy channel; expected FP8 (8-bit float, per tensor) or NVFP4 (4-bit float, groups of 16).")]
    public void A_broken_section_is_named(string section, string message) =>
        Assert.Equal($"{TestConfigs.Path("config.json")}: {message}", TestConfigs.Error(JsonNode.Parse(section)!));

    [Fact]
    public void Groups_that_contradict_the_list_are_refused_by_module()
    {
        JsonObject section = TestConfigs.MixedSection(TestConfigs.SuperModules());
        section["quantized_layers"]![Module]!["quant_algo"] = "NVFP4";
        Assert.Equal(
            $"{TestConfigs.Path("config.json")}: quantization_config.quantized_layers says NVFP4 for {Module}, but quantization_config.config_groups.group_0 says FP8.",
            TestConfigs.Error(section));
        section["quantized_layers"]!.AsObject().Remove(Module);
        Assert.Equal(
            $"{TestConfigs.Path("config.json")}: quantization_config.quantized_layers does not list {Module}, but quantization_config.config_groups.group_0 says FP8.",
            TestConfigs.Error(section));
    }

    [Fact]
    public void A_name_with_line_breaks_still_gives_one_line() => Assert.Equal(
        $"{TestConfigs.Path("hf_quant_config.json")}: quantization.quant_algo is \"a b\", which is unknown; supported: FP8, NVFP4, W4A16_NVFP4, MIXED_PRECISION.",
        TestConfigs.Error(file: TestConfigs.HfQuantConfig(new JsonObject { ["quant_algo"] = "a\r\nb" })));

    [Fact]
    public void Text_that_is_not_unicode_is_refused()
    {
        byte[] text = "{\"quantization\":{\"quant_algo\":\"\\ud800\"}}"u8.ToArray();
        string message = Assert.Throws<QuantizationException>(() => QuantizationConfigReader.ParseFiles(null, text, "dir")).Message;
        Assert.Equal("dir: the quantisation config has text that is not valid Unicode.", message);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory();
        string path = Path.Combine(directory.FullName, "config.json");
        try
        {
            using FileStream locked = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            string message = Assert.Throws<QuantizationException>(() => QuantizationConfigReader.Read(directory.FullName)).Message;
            Assert.StartsWith($"{path}: cannot be read: ", message, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void AssertModuleRefused(string algorithm, string message)
    {
        Dictionary<string, string> modules = new() { [Module] = algorithm };
        JsonObject section = TestConfigs.MixedSection(modules);
        section.Remove("config_groups");
        Assert.Equal($"{TestConfigs.Path("config.json")}: quantization_config.quantized_layers[\"{Module}\"].quant_algo {message}", TestConfigs.Error(section));
        Assert.Equal($"{TestConfigs.Path("hf_quant_config.json")}: quantization.quantized_layers[\"{Module}\"].quant_algo {message}",
            TestConfigs.Error(file: TestConfigs.MixedFile(modules)));
    }
}
