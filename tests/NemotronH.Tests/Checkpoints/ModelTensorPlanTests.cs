using NemotronH.Checkpoints;
using NemotronH.Configuration;
using NemotronH.Quantization;

namespace NemotronH.Tests.Checkpoints;

public sealed class ModelTensorPlanTests
{
    /// <summary>Counts that NVIDIA publishes, in billions.</summary>
    public static TheoryData<string, double, int> PublishedCounts { get; } = new()
    {
        { nameof(TestConfigs.Nano), 31.58, 2 },
        { nameof(TestConfigs.Super), 120.67, 2 },
        { nameof(TestConfigs.Ultra), 549.3, 1 },
    };

    [Theory]
    [MemberData(nameof(PublishedCounts))]
    public void Parameter_counts_are_those_of_the_real_models(string model, double billions, int digits) =>
        Assert.Equal(billions, Math.Round(ModelTensorPlan.Enumerate(Config(model)).Sum(tensor => tensor.ElementCount) / 1e9, digits));

    /// <summary>
    /// The NVFP4 files hold four tensors for each NVFP4 module and three for each FP8 one; without the companions, and without the 1,040
    /// tensors of multi-token prediction and the 16 KV-cache scales of Super, the tensor counts of the real repositories remain.
    /// </summary>
    [Theory]
    [InlineData(nameof(TestConfigs.Nano), 24_147 - (3 * 5_968))]
    [InlineData(nameof(TestConfigs.Super), 165_860 - (3 * 40_961) - (2 * 139) - 1_040 - 16)]
    public void Tensor_counts_are_those_of_the_real_files(string model, int tensors) =>
        Assert.Equal(tensors, ModelTensorPlan.Enumerate(Config(model)).Count());

    [Theory]
    [InlineData(nameof(TestConfigs.Nano), "backbone.layers.0.mixer.in_proj.weight", 10304, 2688)]
    [InlineData(nameof(TestConfigs.Nano), "backbone.layers.0.mixer.out_proj.weight", 2688, 4096)]
    [InlineData(nameof(TestConfigs.Nano), "backbone.layers.0.mixer.conv1d.weight", 6144, 1, 4)]
    [InlineData(nameof(TestConfigs.Nano), "backbone.layers.1.mixer.gate.weight", 128, 2688)]
    [InlineData(nameof(TestConfigs.Nano), "backbone.layers.1.mixer.experts.127.up_proj.weight", 1856, 2688)]
    [InlineData(nameof(TestConfigs.Nano), "backbone.layers.1.mixer.shared_experts.down_proj.weight", 2688, 3712)]
    [InlineData(nameof(TestConfigs.Nano), "backbone.layers.5.mixer.k_proj.weight", 256, 2688)]
    [InlineData(nameof(TestConfigs.Super), "backbone.layers.0.mixer.in_proj.weight", 18560, 4096)]
    [InlineData(nameof(TestConfigs.Super), "backbone.layers.1.mixer.experts.511.up_proj.weight", 2688, 1024)]
    [InlineData(nameof(TestConfigs.Super), "backbone.layers.1.mixer.experts.511.down_proj.weight", 1024, 2688)]
    [InlineData(nameof(TestConfigs.Super), "backbone.layers.1.mixer.fc1_latent_proj.weight", 1024, 4096)]
    [InlineData(nameof(TestConfigs.Super), "backbone.layers.1.mixer.fc2_latent_proj.weight", 4096, 1024)]
    [InlineData(nameof(TestConfigs.Dense8B), "backbone.layers.51.mixer.up_proj.weight", 21504, 4096)]
    [InlineData(nameof(TestConfigs.Dense8B), "lm_head.weight", 131072, 4096)]
    public void Shapes_are_those_of_the_real_files(string model, string name, params int[] shape) =>
        Assert.Equal(
            shape.Select(dimension => (long)dimension), ModelTensorPlan.Enumerate(Config(model)).Single(tensor => tensor.Name == name).Shape);

    [Fact]
    public void Names_are_unique_canonical_and_in_the_order_of_the_forward_pass()
    {
        PlannedTensor[] plan = [.. ModelTensorPlan.Enumerate(TestConfigs.Nano)];
        Assert.Equal(plan.Length, plan.DistinctBy(tensor => tensor.Name).Count());
        Assert.All(plan, tensor => Assert.Equal(new MappedName(tensor.Name, null), TensorNameMap.Map(tensor.Name)));
        Assert.Equal("backbone.embeddings.weight", plan[0].Name);
        Assert.Equal(["backbone.norm_f.weight", "lm_head.weight"], plan[^2..].Select(tensor => tensor.Name));
        int[] layers = [.. plan.Where(tensor => tensor.LayerIndex is not null).Select(tensor => tensor.LayerIndex!.Value)];
        Assert.Equal(layers.Order(), layers);
    }

    [Fact]
    public void Biases_and_other_options_have_their_tensors()
    {
        string[] biases = [.. ModelTensorPlan.Enumerate(TestConfigs.Tiny).Where(tensor => tensor.Role == TensorRole.LinearBias)
            .Select(tensor => $"{tensor.Name["backbone.layers.".Length..]} {tensor.Shape.Single()}")];
        Assert.Equal(
            [
                "0.mixer.in_proj.bias 164", "0.mixer.out_proj.bias 48",
                "1.mixer.fc1_latent_proj.bias 16", "1.mixer.fc2_latent_proj.bias 48",
                "1.mixer.shared_experts.up_proj.bias 40", "1.mixer.shared_experts.down_proj.bias 48",
                "2.mixer.q_proj.bias 32", "2.mixer.k_proj.bias 16", "2.mixer.v_proj.bias 16", "2.mixer.o_proj.bias 48",
                "3.mixer.in_proj.bias 164", "3.mixer.out_proj.bias 48",
                "4.mixer.up_proj.bias 56", "4.mixer.down_proj.bias 48",
            ],
            biases);
    }

    [Fact]
    public void What_the_config_switches_off_is_not_there()
    {
        NemotronHConfig bare = TestConfigs.Tiny with
        {
            TieWordEmbeddings = true,
            Mamba = TestConfigs.Tiny.Mamba! with { UseConvBias = false },
            Moe = TestConfigs.Tiny.Moe! with { NumSharedExperts = 0, LatentSize = null },
        };
        string[] names = [.. ModelTensorPlan.Enumerate(bare).Select(tensor => tensor.Name)];
        string[] gone = ["lm_head", "conv1d.bias", "shared", "latent"];
        Assert.DoesNotContain(names, name => gone.Any(name.Contains));
        Assert.Equal([24L, 48L], ModelTensorPlan.Enumerate(bare).First(tensor => tensor.Role == TensorRole.ExpertWeight).Shape);
    }

    [Fact]
    public void Only_the_router_is_kept_in_float32() =>
        Assert.Equal(
            ["backbone.layers.1.mixer.gate.weight", "backbone.layers.1.mixer.gate.e_score_correction_bias"],
            ModelTensorPlan.Enumerate(TestConfigs.Tiny).Where(tensor => tensor.Dtype == StoredDtype.Float32).Select(tensor => tensor.Name));

    [Fact]
    public void A_layer_without_sizes_is_named()
    {
        var exception = Assert.Throws<ArgumentException>(() => ModelTensorPlan.Enumerate(TestConfigs.Tiny with { Attention = null }).Count());
        Assert.Equal("Block 2 is Attention, but the config has no AttentionConfig.", exception.Message);
    }

    private static NemotronHConfig Config(string name) => (NemotronHConfig)typeof(TestConfigs).GetProperty(name)!.GetValue(null)!;
}
