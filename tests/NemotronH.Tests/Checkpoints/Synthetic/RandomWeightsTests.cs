using System.Runtime.InteropServices;
using NemotronH.Checkpoints;
using NemotronH.Checkpoints.Synthetic;
using NemotronH.Configuration;
using NemotronH.Quantization;

namespace NemotronH.Tests.Checkpoints.Synthetic;

public sealed class RandomWeightsTests
{
    private static readonly NemotronHConfig Config = TestConfigs.Tiny with
    {
        HiddenSize = 512,
        Mamba = TestConfigs.Tiny.Mamba! with { NumHeads = 2000, NumGroups = 1 },
    };

    [Theory]
    [InlineData("backbone.embeddings.weight", 0, 1)]
    [InlineData("lm_head.weight", 0, 0.0441941738)]
    [InlineData("backbone.layers.2.mixer.q_proj.weight", 0, 0.0441941738)]
    [InlineData("backbone.layers.4.mixer.down_proj.weight", 0, 0.1336306210)]
    [InlineData("backbone.layers.1.mixer.experts.2.up_proj.weight", 0, 0.25)]
    [InlineData("backbone.layers.1.mixer.gate.weight", 0, 0.0441941738)]
    [InlineData("backbone.layers.0.mixer.conv1d.weight", 0, 0.5)]
    [InlineData("backbone.layers.0.mixer.conv1d.bias", 0, 0.02)]
    [InlineData("backbone.layers.0.mixer.in_proj.bias", 0, 0.02)]
    [InlineData("backbone.layers.0.mixer.norm.weight", 1, 0.05)]
    public void Weights_are_normal_with_the_deviation_of_their_role(string name, double mean, double deviation)
    {
        double[] values = Values(name);
        double found = values.Average();
        double foundDeviation = Math.Sqrt(values.Sum(value => (value - found) * (value - found)) / values.Length);

        // Five standard errors of mean and deviation, and bfloat16's rounding.
        Assert.Equal(mean, found, (5 * deviation / Math.Sqrt(values.Length)) + (0.001 * mean));
        Assert.Equal(deviation, foundDeviation, (5 * deviation / Math.Sqrt(2 * values.Length)) + (0.002 * deviation));
        // Near 1 a bfloat16 step is a sixth of the norms' deviation: the share within one deviation shifts by up to 0.01.
        double within = values.Count(value => Math.Abs(value - mean) < deviation) / (double)values.Length;
        Assert.Equal(0.6827, within, (5 * 0.4655 / Math.Sqrt(values.Length)) + 0.01);
    }

    [Fact]
    public void Mamba_constants_lie_where_training_begins()
    {
        double[] rates = [.. Values("backbone.layers.0.mixer.A_log").Select(Math.Exp)];
        Assert.All(rates, rate => Assert.InRange(rate, 0.99, 16.1));
        Assert.Equal(8.5, rates.Average(), 0.5);

        double[] steps = [.. Values("backbone.layers.0.mixer.dt_bias").Select(bias => Math.Log(1 + Math.Exp(bias)))];
        Assert.All(steps, step => Assert.InRange(step, 0.00097, 0.102));
        Assert.Equal(-2, steps.Average(Math.Log10), 0.1);

        Assert.All(Values("backbone.layers.0.mixer.D"), value => Assert.Equal(1, value));
    }

    [Fact]
    public void A_part_is_the_same_wherever_the_filling_begins()
    {
        var weights = new RandomWeights(Config, 7);
        foreach (PlannedTensor tensor in ModelTensorPlan.Enumerate(Config).Where(tensor => tensor.ElementCount < 100_000))
        {
            int size = tensor.Dtype.SizeInBytes();
            byte[] whole = new byte[tensor.Unquantized.ByteCount];
            weights.Fill(Unquantized(tensor), 0, whole);
            int start = whole.Length / size / 8 * 4;
            byte[] part = new byte[whole.Length - (start * size)];
            weights.Fill(Unquantized(tensor), start, part);
            Assert.Equal(whole[(start * size)..], part);
        }
    }

    [Fact]
    public void Seeds_and_names_decide_the_values()
    {
        Assert.Equal(Values("lm_head.weight"), Values("lm_head.weight"));
        Assert.NotEqual(Values("lm_head.weight"), Values("lm_head.weight", seed: 8));
        Assert.NotEqual(
            Values("backbone.layers.1.mixer.experts.0.up_proj.weight"), Values("backbone.layers.1.mixer.experts.1.up_proj.weight"));
    }

    private static RandomTensor Unquantized(PlannedTensor tensor) => new(tensor.Unquantized, tensor, ModulePrecision.Unquantized);

    private static double[] Values(string name, ulong seed = 7)
    {
        PlannedTensor tensor = ModelTensorPlan.Enumerate(Config).Single(tensor => tensor.Name == name);
        byte[] bytes = new byte[tensor.Unquantized.ByteCount];
        new RandomWeights(Config, seed).Fill(Unquantized(tensor), 0, bytes);
        return tensor.Dtype == StoredDtype.Float32
            ? [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(value => (double)value)]
            : [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray()
                .Select(bits => (double)BitConverter.UInt32BitsToSingle((uint)bits << 16))];
    }
}
