using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Modules;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Tests.Checkpoints.Synthetic;

public sealed class SyntheticWeightsTests
{
    private static readonly NemotronHConfig Config = NemotronHConfigReader.Load(Fixtures.TinyModel);

    [Theory]
    [InlineData(RandomPrecision.BFloat16)]
    [InlineData(RandomPrecision.Nvfp4)]
    [InlineData(RandomPrecision.Fp8)]
    public void Matrices_have_the_deviation_of_a_model_that_keeps_activations_at_unit_size(RandomPrecision precision)
    {
        var source = Source(precision);
        using var model = new NemotronHModel(Config, new WeightLoader(source, new WeightOptions()));
        Mamba2Mixer mamba = model.Blocks.Select(block => block.Mixer).OfType<Mamba2Mixer>().First();
        MixtureOfExperts moe = model.Blocks.Select(block => block.Mixer).OfType<MixtureOfExperts>().First();

        // Unit-size inputs must give unit-size outputs: variances of many outputs, from the product itself.
        using Tensor input = randn([256, Config.HiddenSize]), output = mamba.Input.forward(input);
        using Tensor ids = zeros([256, 1], ScalarType.Int64), weights = ones([256, 1]);
        using Tensor experts = moe.Experts.forward(input, ids, weights);
        Assert.InRange(Deviation(output), 0.9, 1.1);
        Assert.InRange(Deviation(experts), 0.8, 1.6); // relu² of unit normal numbers: √(3/2).
    }

    [Theory]
    [InlineData(RandomPrecision.Nvfp4)]
    [InlineData(RandomPrecision.Fp8)]
    public void Codes_are_no_zeros_and_no_NaN(RandomPrecision precision)
    {
        var source = Source(precision);
        string module = $"backbone.layers.{Config.Layers.IndexOf(LayerKind.Mamba)}.mixer.in_proj";
        using Tensor codes = source.Read($"{module}.weight");
        byte[] bytes = codes.bytes.ToArray();
        if (precision == RandomPrecision.Nvfp4)
        {
            Assert.Equal(256, bytes.Distinct().Count());
            using Tensor scales = source.Read($"{module}.weight_scale");
            bytes = scales.bytes.ToArray();
            Assert.All(bytes.Distinct(), code => Assert.InRange(code, 1, 0x7E));
        }

        Assert.All(bytes.Distinct(), code => Assert.InRange(code & 0x7F, 1, 0x7E));
        Assert.True(bytes.Distinct().Count() >= 16);
    }

    [Fact]
    public void Experts_are_one_parameter_for_each_projection()
    {
        var source = Source(RandomPrecision.Nvfp4);
        string experts = $"backbone.layers.{Config.Layers.IndexOf(LayerKind.MixtureOfExperts)}.mixer.experts";
        MoeConfig moe = Config.Moe!;
        long width = moe.LatentSize ?? Config.HiddenSize;

        Assert.Equal([moe.NumExperts, moe.IntermediateSize, width / 2], source.Describe($"{experts}.up_proj")?.Shape);
        Assert.Equal([moe.NumExperts, width, moe.IntermediateSize / 16], source.Describe($"{experts}.down_proj_weight_scale")?.Shape);
        Assert.Equal([moe.NumExperts], source.Describe($"{experts}.down_proj_weight_scale_2")?.Shape);
        Assert.Null(source.Describe($"{experts}.0.up_proj.weight"));
    }

    [Fact]
    public void Tensor_that_is_not_there_is_named()
    {
        var failure = Assert.Throws<CheckpointException>(() => Source(RandomPrecision.Fp8).Read("lm_head.bias"));
        Assert.Equal("tensor 'lm_head.bias' is missing", failure.Message);
    }

    private static SyntheticWeights Source(RandomPrecision precision)
    {
        var layout = RandomLayout.Of(Config, precision);
        return new SyntheticWeights(Config, layout.Enumerate(Config, layout.Plan(Config)), CPU);
    }

    private static float Deviation(Tensor values)
    {
        using Tensor deviation = values.square().mean().sqrt();
        return deviation.item<float>();
    }
}
