using NemotronH.Configuration;
using NemotronH.Generation;

namespace NemotronH.Tests.Generation;

public sealed class SamplingDefaultsTests
{
    public static TheoryData<int?, double?, double?, double> Filters => new()
    {
        { 20, null, null, 1 },
        { null, 0.9, null, 1 },
        { null, null, 0.1, 1 },
        { 0, 1.0, 0.0, 0 },
        { null, null, null, 0 },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void A_filter_alone_samples_where_the_checkpoint_does_not(int? topK, double? topP, double? minP, double temperature)
    {
        var options = new GenerationOptions { TopK = topK, TopP = topP, MinP = minP };
        foreach (GenerationDefaults? defaults in new[] { null, new GenerationDefaults { Temperature = 0.3 }, new GenerationDefaults { DoSample = false } })
        {
            Assert.Equal(temperature, SamplingDefaults.Apply(options, defaults).Temperature);
        }
    }

    [Fact]
    public void A_temperature_that_is_given_holds_whatever_else_is_said()
    {
        var options = new GenerationOptions { Temperature = 0, TopK = 5 };
        Assert.Equal(0, SamplingDefaults.Apply(options, null).Temperature);
        Assert.Equal(0, SamplingDefaults.Apply(options, new GenerationDefaults { DoSample = true, Temperature = 0.6 }).Temperature);
    }

    [Fact]
    public void A_checkpoint_that_samples_keeps_its_temperature_beside_a_filter_of_the_caller()
    {
        SamplingOptions sampling = SamplingDefaults.Apply(
            new GenerationOptions { TopP = 0.5 }, new GenerationDefaults { DoSample = true, Temperature = 0.6, TopK = 40 });
        Assert.Equal((0.6, 40, 0.5), (sampling.Temperature, sampling.TopK, sampling.TopP));
    }
}
