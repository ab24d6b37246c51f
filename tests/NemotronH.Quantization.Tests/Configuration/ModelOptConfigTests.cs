using System.Text.Json.Nodes;

namespace NemotronH.Quantization;

public sealed class ModelOptConfigTests
{
    [Fact]
    public void Nano_has_one_algorithm_and_sixty_excluded_modules()
    {
        QuantizationConfig config = TestConfigs.Parse(file: TestConfigs.Nano());
        Assert.Equal(QuantizationAlgorithm.Nvfp4, config.Algorithm);
        Assert.Equal(KvCachePrecision.Fp8, config.KvCache);
        Assert.Equal(60, config.ExcludedModules.Count);
        Assert.Empty(config.QuantizedModules);
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("lm_head"));
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("backbone.layers.4.mixer.in_proj"));
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("model.layers.5.mixer.q_proj"));
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("model.layers.5.mixer.qkv_proj"));
        Assert.Null(config.Expected("backbone.layers.0.mixer.in_proj"));
        Assert.Null(config.Expected("backbone.embeddings")); // not excluded, and yet not quantised
    }

    [Fact]
    public void Super_lists_every_quantised_module_in_both_files()
    {
        QuantizationConfig config = TestConfigs.Parse(
            TestConfigs.MixedSection(TestConfigs.SuperModules()), TestConfigs.MixedFile(TestConfigs.SuperModules()));
        Assert.Equal(QuantizationAlgorithm.MixedPrecision, config.Algorithm);
        Assert.Equal(KvCachePrecision.Fp8, config.KvCache);
        Assert.Equal(7, config.QuantizedModules.Count);
        Assert.Equal(ModulePrecision.Fp8, config.Expected("backbone.layers.0.mixer.in_proj"));
        Assert.Equal(ModulePrecision.Nvfp4, config.Expected("backbone.layers.1.mixer.experts.1.down_proj"));
        Assert.Equal(ModulePrecision.Nvfp4, config.Expected("backbone.layers.1.mixer.shared_experts.down_proj"));
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("backbone.layers.0.mixer.out_proj"));
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("lm_head"));
        Assert.Equal($"{TestConfigs.Path("hf_quant_config.json")} and config.json", config.Source);
    }

    [Fact]
    public void A_module_is_looked_up_by_name_then_parts_then_block_then_bank()
    {
        QuantizationConfig config = TestConfigs.Parse(TestConfigs.MixedSection(new Dictionary<string, string>
        {
            ["backbone.layers.1.mixer.experts.0.up_proj"] = "NVFP4",
            ["backbone.layers.1.mixer.experts.1.up_proj"] = "NVFP4",
            ["backbone.layers.1.mixer.shared_experts.up_proj"] = "FP8",
            ["backbone.layers.2.mixer.q_proj"] = "FP8",
            ["backbone.layers.2.mixer.k_proj"] = "FP8",
            ["backbone.layers.2.mixer.v_proj"] = "FP8",
            ["backbone.layers.3.mixer.experts"] = "W4A16_NVFP4",
            ["backbone.layers.4.mixer"] = "NVFP4",
            ["backbone.layers.5.mixer.q_proj"] = "FP8",
        }));
        Assert.Equal(ModulePrecision.Nvfp4, config.Expected("backbone.layers.1.mixer.experts.0.up_proj"));
        Assert.Equal(ModulePrecision.Nvfp4, config.Expected("backbone.layers.1.mixer.experts"));
        Assert.Equal(ModulePrecision.Fp8, config.Expected("backbone.layers.2.mixer.qkv_proj"));
        Assert.Equal(ModulePrecision.W4A16Nvfp4, config.Expected("backbone.layers.3.mixer.experts.7.up_proj"));
        Assert.Equal(ModulePrecision.Nvfp4, config.Expected("backbone.layers.4.mixer.experts"));
        Assert.Equal(ModulePrecision.Nvfp4, config.Expected("backbone.layers.4.mixer.experts.0.down_proj"));
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("backbone.layers.4.mixer.shared_experts.up_proj"));
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("backbone.layers.2.mixer.o_proj"));
        Assert.Equal(
            $"{TestConfigs.Path("config.json")}: the modules below backbone.layers.1.mixer have different precisions; they cannot be one.",
            Assert.Throws<QuantizationException>(() => config.Expected("backbone.layers.1.mixer")).Message);
        Assert.Equal(
            $"{TestConfigs.Path("config.json")}: the parts of backbone.layers.5.mixer.qkv_proj (q_proj, k_proj, v_proj) have different precisions; they cannot be one.",
            Assert.Throws<QuantizationException>(() => config.Expected("backbone.layers.5.mixer.qkv_proj")).Message);
    }

    [Theory]
    [InlineData("model.")]
    [InlineData("language_model.backbone.")]
    public void Names_are_rerooted(string root)
    {
        Dictionary<string, string> modules = new() { ["layers.0.mixer.in_proj"] = "FP8", ["layers.1.mixer.experts.0.up_proj"] = "NVFP4" };
        QuantizationConfig config = TestConfigs.Parse(TestConfigs.MixedSection(modules, root), TestConfigs.MixedFile(modules, "backbone."));
        Assert.Equal(ModulePrecision.Fp8, config.Expected("backbone.layers.0.mixer.in_proj"));
        Assert.Equal(ModulePrecision.Nvfp4, config.Expected("model.layers.1.mixer.experts"));
    }

    [Fact]
    public void Groups_stand_in_for_a_missing_list()
    {
        JsonObject section = TestConfigs.MixedSection(TestConfigs.SuperModules());
        section.Remove("quantized_layers");
        QuantizationConfig config = TestConfigs.Parse(section, TestConfigs.MixedFile(TestConfigs.SuperModules()));
        Assert.Equal(7, config.QuantizedModules.Count);
    }

    [Fact]
    public void Lightning_quantises_the_head_and_excludes_mtp()
    {
        JsonObject section = TestConfigs.MixedSection(new Dictionary<string, string>
        {
            ["lm_head"] = "W4A16_NVFP4",
            ["backbone.layers.1.mixer.experts.0.up_proj"] = "W4A16_NVFP4",
            ["backbone.layers.0.mixer.in_proj"] = "FP8",
        });
        section["ignore"] = TestConfigs.Strings(["mtp*", "mtp.layers.0*", "*.conv1d"]);
        QuantizationConfig config = TestConfigs.Parse(section);
        Assert.Equal(ModulePrecision.W4A16Nvfp4, config.Expected("lm_head"));
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("mtp.layers.0.mixer.experts.0.up_proj"));
    }

    [Theory]
    [InlineData("fp8", QuantizationAlgorithm.Fp8)]
    [InlineData("FP8", QuantizationAlgorithm.Fp8)]
    [InlineData("nvfp4", QuantizationAlgorithm.Nvfp4)]
    [InlineData("w4a16_nvfp4", QuantizationAlgorithm.W4A16Nvfp4)]
    [InlineData(null, QuantizationAlgorithm.None)]
    public void Algorithms_come_in_either_case(string? name, QuantizationAlgorithm algorithm) =>
        Assert.Equal(algorithm, TestConfigs.Parse(file: TestConfigs.HfQuantConfig(new JsonObject { ["quant_algo"] = name })).Algorithm);

    [Fact]
    public void The_section_may_be_the_file_itself_and_need_not_name_its_method()
    {
        var nested = new JsonObject { ["quant_method"] = "modelopt", ["quantization"] = new JsonObject { ["quant_algo"] = "FP8", ["exclude_modules"] = TestConfigs.Strings(["lm_head"]) } };
        Assert.Equal(["lm_head"], TestConfigs.Parse(nested).ExcludedModules);
        Assert.Equal(QuantizationAlgorithm.Fp8, TestConfigs.Parse(new JsonObject { ["quant_algo"] = "FP8" }).Algorithm);
    }

    [Theory]
    [InlineData("""null""", KvCachePrecision.Unquantized)]
    [InlineData("""{"dynamic":false,"num_bits":8,"type":"float"}""", KvCachePrecision.Fp8)]
    [InlineData(""" "fp8" """, KvCachePrecision.Fp8)]
    public void The_cache_scheme_is_an_object_or_a_name(string scheme, KvCachePrecision precision) =>
        Assert.Equal(precision, TestConfigs.Parse(new JsonObject { ["quant_method"] = "modelopt", ["quant_algo"] = "FP8", ["kv_cache_scheme"] = JsonNode.Parse(scheme) }).KvCache);

    [Fact]
    public void Neither_file_saying_anything_is_no_config()
    {
        Assert.Null(QuantizationConfigReader.ParseFiles("{\"hidden_size\": 4}"u8.ToArray(), null, "dir"));
        Assert.Null(QuantizationConfigReader.ParseFiles("{\"quantization_config\": null}"u8.ToArray(), null, "dir"));
        Assert.Null(QuantizationConfigReader.ParseFiles(null, null, "dir"));
        Assert.Null(QuantizationConfigReader.Read(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())));
    }

    [Fact]
    public void Files_are_read_from_a_directory_bare_infinities_byte_order_marks_and_multimodal_nesting_included()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory();
        try
        {
            string section = TestConfigs.MixedSection(TestConfigs.SuperModules()).ToJsonString();
            File.WriteAllText(Path.Combine(directory.FullName, "config.json"),
                "\uFEFF{\"time_step_limit\": [0.0, Infinity], \"a\": [-Infinity, NaN], \"s\": \"\\\"Infinity NaN\", \"llm_config\": {\"quantization_config\": " + section + "}}");
            File.WriteAllBytes(Path.Combine(directory.FullName, "hf_quant_config.json"), TestConfigs.Utf8(TestConfigs.MixedFile(TestConfigs.SuperModules())));
            QuantizationConfig? config = QuantizationConfigReader.Read(directory.FullName);
            Assert.Equal(7, config?.QuantizedModules.Count);
            Assert.EndsWith("hf_quant_config.json and config.json", config!.Source, StringComparison.Ordinal);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
