using System.Text.Json.Nodes;

namespace NemotronH.Quantization;

public sealed class ConfigAgreementTests
{
    private static readonly string File = TestConfigs.Path("hf_quant_config.json");
    private static readonly string Section = TestConfigs.Path("config.json");

    [Fact]
    public void Two_algorithms_disagree() => Assert.Equal(
        $"The config files disagree on quant_algo: FP8 in {File}, NVFP4 in {Section}.",
        TestConfigs.Error(Pure("NVFP4", "ignore", []), TestConfigs.HfQuantConfig(Pure("FP8", "exclude_modules", []))));

    [Fact]
    public void Two_labels_of_nvfp4_disagree() => Assert.Equal(
        $"The config files disagree on quant_algo: W4A16_NVFP4 in {File}, NVFP4 in {Section}.",
        TestConfigs.Error(Pure("NVFP4", "ignore", []), TestConfigs.HfQuantConfig(Pure("W4A16_NVFP4", "exclude_modules", []))));

    [Fact]
    public void Exclude_lists_agree_in_any_order_and_under_any_root()
    {
        QuantizationConfig config = TestConfigs.Parse(
            Pure("NVFP4", "ignore", ["model.layers.4.mixer.in_proj", "lm_head"]),
            TestConfigs.HfQuantConfig(Pure("nvfp4", "exclude_modules", ["lm_head", "backbone.layers.4.mixer.in_proj"])));
        Assert.Equal(2, config.ExcludedModules.Count);
    }

    [Fact]
    public void An_entry_in_one_exclude_list_only_is_named()
    {
        Assert.Equal(
            $"The config files disagree on \"lm_head\": excluded in {File}, not excluded in {Section}.",
            TestConfigs.Error(Pure("NVFP4", "ignore", []), TestConfigs.HfQuantConfig(Pure("NVFP4", "exclude_modules", ["lm_head"]))));
        Assert.Equal(
            $"The config files disagree on \"lm_head\": excluded in {Section}, not excluded in {File}.",
            TestConfigs.Error(Pure("NVFP4", "ignore", ["lm_head"]), TestConfigs.HfQuantConfig(Pure("NVFP4", "exclude_modules", []))));
    }

    [Fact]
    public void A_module_of_two_precisions_is_named()
    {
        Dictionary<string, string> modules = TestConfigs.SuperModules();
        modules["backbone.layers.0.mixer.in_proj"] = "NVFP4";
        Assert.Equal(
            $"The config files disagree on backbone.layers.0.mixer.in_proj: NVFP4 in {File}, FP8 in {Section}.",
            TestConfigs.Error(TestConfigs.MixedSection(TestConfigs.SuperModules()), TestConfigs.MixedFile(modules)));
    }

    [Fact]
    public void A_module_in_one_list_only_is_named()
    {
        Dictionary<string, string> fewer = TestConfigs.SuperModules();
        fewer.Remove("backbone.layers.1.mixer.experts.0.up_proj");
        Assert.Equal(
            $"The config files disagree on backbone.layers.1.mixer.experts.0.up_proj: NVFP4 in {Section}, not listed in {File}.",
            TestConfigs.Error(TestConfigs.MixedSection(TestConfigs.SuperModules()), TestConfigs.MixedFile(fewer)));
        Assert.Equal(
            $"The config files disagree on backbone.layers.1.mixer.experts.0.up_proj: NVFP4 in {File}, not listed in {Section}.",
            TestConfigs.Error(TestConfigs.MixedSection(fewer), TestConfigs.MixedFile(TestConfigs.SuperModules())));
    }

    [Fact]
    public void Two_cache_precisions_disagree()
    {
        JsonObject file = TestConfigs.MixedFile(TestConfigs.SuperModules());
        file["quantization"]!["kv_cache_quant_algo"] = null;
        Assert.Equal(
            $"The config files disagree on the KV cache (kv_cache_quant_algo, kv_cache_scheme): none in {File}, FP8 in {Section}.",
            TestConfigs.Error(TestConfigs.MixedSection(TestConfigs.SuperModules()), file));
    }

    private static JsonObject Pure(string algorithm, string excludeField, string[] excluded) => new()
    {
        ["quant_method"] = "modelopt",
        ["quant_algo"] = algorithm,
        [excludeField] = TestConfigs.Strings(excluded),
    };
}
