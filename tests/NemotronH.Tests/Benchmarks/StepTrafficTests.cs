using NemotronH.Benchmarks;
using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Tests.Checkpoints;
using NemotronH.Tests.Configuration;

namespace NemotronH.Tests.Benchmarks;

/// <summary>
/// Against a byte budget that was worked out by hand for 3-Nano as released: NVFP4 experts, shared experts and 17 Mamba layers, the rest in bfloat16,
/// keys and values in FP8, float32 states, bfloat16 convolution states, a float32 router, 1,024 tokens of context.
/// </summary>
public sealed class StepTrafficTests
{
    private const double Rounding = 0.0015;

    /// <summary>What the budget's totals hold beside the parts that it lists: a sequence's activations, which a cache takes and which are not counted here.</summary>
    private const double Activations = 3.2e6;

    private static readonly NemotronHConfig Nano = KnownConfigs.Load("nemotron-3-nano-30b-a3b");

    private static readonly StepTrafficModel Released = Model(Nano, RandomPrecision.Official);

    [Theory]
    [InlineData(1, 2.991, 12.97)]
    [InlineData(8, 8.218, 50.16)]
    [InlineData(64, 24.56, 141.1)]
    public void Step_of_3_Nano_moves_the_bytes_of_the_budget(int batch, double fused, double dequantized)
    {
        AssertClose(fused, Released.Of(batch, 1024, buffered: false).Total + (batch * Activations));
        AssertClose(dequantized, Released.Of(batch, 1024, buffered: true).Total + (batch * Activations));
    }

    [Theory]
    [InlineData(1, 3.01)]
    [InlineData(8, 8.39)]
    [InlineData(64, 25.97)]
    public void Longer_context_adds_its_keys_and_values(int batch, double fused) =>
        AssertClose(fused, Released.Of(batch, 8192, buffered: false).Total + (batch * Activations));

    [Fact]
    public void Parts_of_a_step_are_those_of_the_budget()
    {
        StepTraffic one = Released.Of(1, 1024, buffered: false);
        AssertGigabytes(
            [0.835, 0.775, 0.705, 0.281, 0.258, 0.097, 0.032, 0.003],
            [one.Mamba, one.Experts, one.Head, one.Attention, one.Shared, one.SsmState, one.Router, one.KeyValues]);
        StepTraffic many = Released.Of(64, 1024, buffered: false);
        AssertGigabytes([15.76, 6.17, 0.20, 0.11], [many.Experts, many.SsmState, many.KeyValues, many.ConvState], 0.006);
        Assert.Equal(0, one.Mlp);
    }

    [Fact]
    public void Weights_in_bfloat16_make_the_step_of_the_budget_longer() =>
        AssertClose(6.57, Model(Nano, RandomPrecision.BFloat16).Of(1, 1024, buffered: true).Total);

    [Theory]
    [InlineData(1, 6.0)]
    [InlineData(8, 40.8)]
    [InlineData(64, 122.1)]
    public void Distinct_experts_are_those_of_uniform_routing(int batch, double experts) =>
        Assert.Equal(experts, StepTrafficModel.ExpectedExperts(Nano.Moe!, batch), 0.05);

    [Fact]
    public void Inventory_of_a_checkpoint_is_that_of_the_weights_that_were_written()
    {
        using var directory = new TemporaryDirectory();
        NemotronHConfig config = NemotronHConfigReader.Load(Fixtures.TinyModel);
        RandomCheckpoint.Write(
            config, Fixtures.TinyModel, directory["out"], new RandomCheckpointOptions { Precision = RandomPrecision.Nvfp4 },
            cancellationToken: TestContext.Current.CancellationToken);
        using Checkpoint checkpoint = Checkpoint.Open(directory["out"]);

        var stored = WeightInventory.Of(config, checkpoint, elementBytes: 2);

        WeightInventory planned = Inventory(config, RandomPrecision.Nvfp4);
        Assert.Equal(planned.Weights.Select(Essence), stored.Weights.Select(Essence));

        static (string Name, long Bytes, bool IsQuantized) Essence(HeldWeight weight) => (weight.Planned.Name, weight.Bytes, weight.IsQuantized);
    }

    private static StepTrafficModel Model(NemotronHConfig config, RandomPrecision precision) =>
        new(config, Inventory(config, precision), keyValueBytes: 1, elementBytes: 2, convBytes: 2);

    private static WeightInventory Inventory(NemotronHConfig config, RandomPrecision precision)
    {
        var layout = RandomLayout.Of(config, precision);
        return WeightInventory.Of(layout.Enumerate(config, layout.Plan(config)), elementBytes: 2);
    }

    private static void AssertClose(double gigabytes, double bytes) => Assert.InRange(bytes / 1e9 / gigabytes, 1 - Rounding, 1 + Rounding);

    private static void AssertGigabytes(double[] expected, double[] bytes, double tolerance = 0.0006) =>
        Assert.All(expected.Zip(bytes), pair => Assert.Equal(pair.First, pair.Second / 1e9, tolerance));
}
