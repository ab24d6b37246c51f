using NemotronH.Checkpoints.Quantizing;
using NemotronH.Configuration;
using NemotronH.Quantization;
using NemotronH.Tests.Configuration;

namespace NemotronH.Tests.Checkpoints.Quantizing;

/// <summary>What the recipes make of the real models, against counts that follow from their published shapes.</summary>
public sealed class PrecisionPlanTests
{
    private const string Nano = "nemotron-3-nano-30b-a3b";
    private const string Super = "nemotron-3-super-120b-a12b";

    [Fact]
    public void Nano_has_as_many_modules_of_each_kind_as_the_released_checkpoint()
    {
        PrecisionPlan plan = Plan(Nano, QuantizationRecipes.Nano);

        // 23 blocks of 128 routed experts and one shared, two matrices each; two projections of 17 Mamba layers.
        Assert.Equal((23 * 129 * 2) + (17 * 2), plan.Modules.Values.Count(precision => precision == ModulePrecision.W4A16Nvfp4));
        Assert.Equal(5968, plan.Modules.Values.Count(precision => precision != ModulePrecision.Unquantized));
        Assert.Equal(
            [4, 11, 18, 25, 32, 41],
            plan.Modules.Where(module => module.Key.EndsWith("in_proj") && module.Value == ModulePrecision.Unquantized)
                .Select(module => int.Parse(module.Key.Split('.')[2])));
        Assert.Equal(
            2 + (6 * 2) + (6 * 4), plan.Modules.Values.Count(precision => precision == ModulePrecision.Unquantized));
    }

    [Fact]
    public void Nano_excludes_the_sixty_modules_that_the_released_config_lists()
    {
        QuantizationConfig config = Plan(Nano, QuantizationRecipes.Nano).Describe(KvCachePrecision.Fp8, []);
        int[] mamba = [.. KnownConfigs.Load(Nano).Layers.Index().Where(layer => layer.Item == LayerKind.Mamba).Select(layer => layer.Index)];
        string[] expected =
        [
            "lm_head",
            .. Modules([4, 11, 18, 25, 32, 41], "in_proj", "out_proj"),
            .. Modules([5, 12, 19, 26, 33, 42], "q_proj", "k_proj", "v_proj", "o_proj"),
            .. Modules(mamba, "conv1d"),
        ];
        Assert.Equal(60, expected.Length);
        Assert.Equal(expected.Order(), config.ExcludedModules.Order());
        Assert.Equal(QuantizationAlgorithm.W4A16Nvfp4, config.Algorithm);
    }

    [Fact]
    public void Super_has_routed_experts_in_four_bits_and_mamba_and_shared_experts_in_eight()
    {
        PrecisionPlan plan = Plan(Super, QuantizationRecipes.Super);
        Assert.Equal(40 * 512 * 2, plan.Modules.Values.Count(precision => precision == ModulePrecision.W4A16Nvfp4));
        Assert.Equal((40 * 2) + (40 * 2), plan.Modules.Values.Count(precision => precision == ModulePrecision.Fp8));
        AssertPrecision(plan, ModulePrecision.Unquantized, "lm_head", "backbone.embeddings", "backbone.layers.7.mixer.q_proj");
        AssertPrecision(plan, ModulePrecision.Unquantized, "backbone.layers.1.mixer.fc1_latent_proj", "backbone.layers.1.mixer.fc2_latent_proj");
        Assert.Empty(plan.Describe(KvCachePrecision.Unquantized, ["mtp"]).ExcludedModules);
    }

    [Fact]
    public void Lightning_quantises_the_head_and_all_mamba_layers_too()
    {
        PrecisionPlan plan = Plan("nemotron-3.5-lightning-30b-a3b", QuantizationRecipes.Lightning);
        Assert.Equal((23 * 129 * 2) + 1, plan.Modules.Values.Count(precision => precision == ModulePrecision.W4A16Nvfp4));
        Assert.Equal(23 * 2, plan.Modules.Values.Count(precision => precision == ModulePrecision.Fp8));
        AssertPrecision(plan, ModulePrecision.W4A16Nvfp4, "lm_head");
        Assert.True(QuantizationRecipes.Lightning.Nvfp4Options.FourOverSix);
    }

    [Fact]
    public void A_format_is_for_every_linear_layer_of_every_known_model()
    {
        foreach (string name in KnownConfigs.Names)
        {
            NemotronHConfig config = KnownConfigs.Load(name);
            PrecisionPlan plan = PrecisionPlan.Of(config, QuantizationRecipes.Nvfp4);
            int linears = config.Layers.Sum(kind => kind switch
            {
                LayerKind.Attention => 4,
                LayerKind.MixtureOfExperts => (2 * config.Moe!.NumExperts) + 2 + (config.Moe.LatentSize is null ? 0 : 2),
                _ => 2,
            });
            Assert.Equal(linears, plan.Modules.Values.Count(precision => precision == ModulePrecision.W4A16Nvfp4));
            AssertPrecision(plan, ModulePrecision.Unquantized, "lm_head", "backbone.embeddings");
        }
    }

    [Fact]
    public void The_first_rule_that_covers_a_module_holds_and_exclusion_precedes_all()
    {
        var recipe = new QuantizationRecipe
        {
            Name = "mine",
            Rules =
            [
                new("*.layers.0.*", ModulePrecision.Fp8),
                new("*.mixer.?n_proj", ModulePrecision.W4A16Nvfp4, BeforeAttention: true),
                new("*_proj", ModulePrecision.W4A16Nvfp4),
                new("*.conv1d", ModulePrecision.Fp8),
            ],
            Excluded = ["*.layers.4.*", "*.q_proj"],
        };
        PrecisionPlan plan = PrecisionPlan.Of(Configuration(), recipe);
        AssertPrecision(plan, ModulePrecision.Fp8, "backbone.layers.0.mixer.in_proj", "backbone.layers.0.mixer.out_proj");
        AssertPrecision(plan, ModulePrecision.W4A16Nvfp4, "backbone.layers.2.mixer.k_proj", "backbone.layers.1.mixer.experts.2.up_proj");
        AssertPrecision(plan, ModulePrecision.Unquantized, "lm_head", "backbone.layers.4.mixer.up_proj", "backbone.layers.2.mixer.q_proj");
        Assert.Equal(["*.mixer.?n_proj", "*.conv1d"], plan.UnmatchedRules);
    }

    [Theory]
    [InlineData("*.o-proj", "the excluding pattern '*.o-proj' matches no module of this model that could be quantised; expected one of names such as 'lm_head'")]
    [InlineData("", "the excluding pattern '' is empty; expected one of names such as")]
    [InlineData("*.[qk]_proj", "the excluding pattern '*.[qk]_proj' has a character that no module name has; the wildcards are * and ?")]
    public void A_pattern_that_excludes_nothing_is_refused(string pattern, string message)
    {
        QuantizationRecipe recipe = QuantizationRecipes.Fp8 with { Excluded = ["lm_head", pattern] };
        Assert.StartsWith(message, Assert.Throws<QuantizationException>(() => PrecisionPlan.Of(Configuration(), recipe)).Message);
    }

    [Fact]
    public void Rows_that_cannot_be_cut_into_blocks_are_refused_by_name_and_may_be_excluded()
    {
        NemotronHConfig config = Configuration() with { Mlp = new MlpConfig { IntermediateSizes = [40] } };
        var exception = Assert.Throws<QuantizationException>(() => PrecisionPlan.Of(config, QuantizationRecipes.Nvfp4));
        Assert.Equal(
            "backbone.layers.4.mixer.down_proj: has 40 columns; NVFP4 needs a multiple of 16: exclude it, as quantize --exclude "
            + "'backbone.layers.4.mixer.down_proj' does, or give it another precision",
            exception.Message);
        PrecisionPlan plan = PrecisionPlan.Of(config, QuantizationRecipes.Nvfp4 with { Excluded = ["backbone.layers.4.mixer.down_proj"] });
        AssertPrecision(plan, ModulePrecision.W4A16Nvfp4, "backbone.layers.4.mixer.up_proj");
        Assert.NotNull(PrecisionPlan.Of(config, QuantizationRecipes.Fp8));
    }

    [Fact]
    public void Experts_of_one_block_may_not_differ()
    {
        QuantizationRecipe recipe = QuantizationRecipes.Nano with { Excluded = ["*.experts.1.down_proj"] };
        Assert.Equal(
            "backbone.layers.1.mixer.experts.1.down_proj: would be unquantised, but backbone.layers.1.mixer.experts.0.up_proj W4A16_NVFP4; "
            + "expected one precision for all experts of a block",
            Assert.Throws<QuantizationException>(() => PrecisionPlan.Of(Configuration(), recipe)).Message);
    }

    [Fact]
    public void A_recipe_that_quantises_nothing_is_refused()
    {
        NemotronHConfig config = Configuration() with { Layers = [LayerKind.Mlp], Mamba = null, Attention = null, Moe = null };
        Assert.Equal(
            "the recipe nano quantises no module of this model; expected at least one",
            Assert.Throws<QuantizationException>(() => PrecisionPlan.Of(config, QuantizationRecipes.Nano)).Message);
    }

    [Fact]
    public void Other_parts_of_a_checkpoint_are_excluded_where_one_algorithm_holds_for_all()
    {
        var plan = PrecisionPlan.Of(Configuration(), QuantizationRecipes.Nvfp4);
        QuantizationConfig config = plan.Describe(KvCachePrecision.Unquantized, ["mtp", "vision_model"]);
        config.Verify("mtp.layers.0.mixer.q_proj", ModulePrecision.Unquantized);
        config.Verify("vision_model.blocks.0.fc", ModulePrecision.Unquantized);
        Assert.Equal(ModulePrecision.Unquantized, config.Expected("mtp.layers.0.mixer.q_proj"));
    }

    private static IEnumerable<string> Modules(int[] layers, params string[] modules) =>
        layers.SelectMany(_ => modules, (layer, module) => $"backbone.layers.{layer}.mixer.{module}");

    private static NemotronHConfig Configuration() => QuantizableConfigs.AllKinds;

    private static PrecisionPlan Plan(string name, QuantizationRecipe recipe) => PrecisionPlan.Of(KnownConfigs.Load(name), recipe);

    private static void AssertPrecision(PrecisionPlan plan, ModulePrecision expected, params string[] modules) =>
        Assert.All(modules, module => Assert.Equal(expected, plan.Modules[module]));
}
