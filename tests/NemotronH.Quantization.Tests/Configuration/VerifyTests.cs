using System.Text.Json.Nodes;

namespace NemotronH.Quantization;

public sealed class VerifyTests
{
    private static readonly string File = TestConfigs.Path("hf_quant_config.json");

    [Fact]
    public void One_algorithm_for_all_allows_it_and_unquantised_modules()
    {
        QuantizationConfig config = TestConfigs.Parse(file: TestConfigs.Nano());
        config.Verify("backbone.layers.0.mixer.in_proj", ModulePrecision.Nvfp4);
        config.Verify("backbone.layers.0.mixer.in_proj", ModulePrecision.W4A16Nvfp4); // the same weights without input_scale
        config.Verify("backbone.embeddings", ModulePrecision.Unquantized);
        config.Verify("lm_head", ModulePrecision.Unquantized);
        AssertRefused(config, "backbone.layers.0.mixer.in_proj", ModulePrecision.Fp8, $"the tensors are FP8, but {File} says NVFP4.");
        AssertRefused(config, "lm_head", ModulePrecision.Nvfp4, $"the tensors are NVFP4, but {File} excludes it by \"lm_head\".");
        AssertRefused(config, "model.layers.4.mixer.in_proj", ModulePrecision.W4A16Nvfp4,
            $"the tensors are W4A16_NVFP4, but {File} excludes it by \"backbone.layers.4.mixer.in_proj\".");
    }

    [Fact]
    public void A_list_of_modules_is_held_to_the_letter()
    {
        QuantizationConfig config = TestConfigs.Parse(file: TestConfigs.MixedFile(TestConfigs.SuperModules()));
        config.Verify("backbone.layers.0.mixer.in_proj", ModulePrecision.Fp8);
        config.Verify("backbone.layers.0.mixer.out_proj", ModulePrecision.Unquantized);
        config.Verify("backbone.layers.1.mixer.experts.0.up_proj", ModulePrecision.W4A16Nvfp4);
        AssertRefused(config, "backbone.layers.0.mixer.in_proj", ModulePrecision.Nvfp4, $"the tensors are NVFP4, but {File} says FP8.");
        AssertRefused(config, "backbone.layers.0.mixer.in_proj", ModulePrecision.Unquantized, $"the tensors are unquantised, but {File} says FP8.");
        AssertRefused(config, "backbone.layers.0.mixer.out_proj", ModulePrecision.Fp8, $"the tensors are FP8, but {File} does not list it as quantised.");
    }

    [Fact]
    public void Where_nothing_is_quantised_nothing_may_be()
    {
        QuantizationConfig config = TestConfigs.Parse(file: TestConfigs.HfQuantConfig(new JsonObject { ["quant_algo"] = null, ["kv_cache_quant_algo"] = "FP8" }));
        Assert.Equal(KvCachePrecision.Fp8, config.KvCache);
        config.Verify("lm_head", ModulePrecision.Unquantized);
        AssertRefused(config, "lm_head", ModulePrecision.Fp8, $"the tensors are FP8, but {File} quantises nothing.");
    }

    private static void AssertRefused(QuantizationConfig config, string module, ModulePrecision actual, string message) =>
        Assert.Equal($"{module}: {message}", Assert.Throws<QuantizationException>(() => config.Verify(module, actual)).Message);
}
