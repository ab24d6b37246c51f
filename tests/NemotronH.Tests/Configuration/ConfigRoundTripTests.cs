using FsCheck;
using FsCheck.Fluent;
using NemotronH.Configuration;

namespace NemotronH.Tests.Configuration;

public sealed class ConfigRoundTripTests
{
    [Fact]
    public void Any_configuration_survives_being_written_under_any_spelling()
    {
        Gen<(NemotronHConfig Config, string Json)> written =
            from config in RandomConfigs.Any
            from seed in Gen.Choose(0, int.MaxValue - 1)
            select (config, new ConfigWriter(new Random(seed)).Write(config));

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500),
            Prop.ForAll(written.ToArbitrary(), pair => Assert.Equal(
                ConfigText.Of(pair.Config), ConfigText.Of(NemotronHConfigReader.Parse(pair.Json, TinyConfig.Origin)))));
    }
}
