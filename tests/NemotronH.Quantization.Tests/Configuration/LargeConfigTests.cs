using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace NemotronH.Quantization;

public sealed class LargeConfigTests(ITestOutputHelper output)
{
    /// <summary>Super: 40 MoE layers of 512 experts with two projections each, and 140 modules in FP8: both files, megabytes of JSON.</summary>
    [Fact]
    public void Forty_one_thousand_modules_are_read_and_looked_up()
    {
        Dictionary<string, string> modules = [];
        for (int layer = 0; layer < 40; layer++)
        {
            for (int expert = 0; expert < 512; expert++)
            {
                modules[$"backbone.layers.{2 * layer}.mixer.experts.{expert}.up_proj"] = "NVFP4";
                modules[$"backbone.layers.{2 * layer}.mixer.experts.{expert}.down_proj"] = "NVFP4";
            }
        }

        for (int layer = 0; layer < 140; layer++)
        {
            modules[$"backbone.layers.{(2 * layer) + 1}.mixer.in_proj"] = "FP8";
        }

        byte[] config = Encoding.UTF8.GetBytes($$"""{"time_step_limit":[0.0,Infinity],"quantization_config":{{Indented(TestConfigs.MixedSection(modules))}}}""");
        byte[] file = Encoding.UTF8.GetBytes(Indented(TestConfigs.MixedFile(modules)));
        var watch = Stopwatch.StartNew();
        QuantizationConfig parsed = QuantizationConfigReader.ParseFiles(config, file, "dir")!;
        output.WriteLine($"{config.Length + file.Length:N0} bytes read in {watch.ElapsedMilliseconds} ms");
        Assert.Equal(41_100, parsed.QuantizedModules.Count);

        watch.Restart();
        foreach ((string module, string algorithm) in modules)
        {
            parsed.Verify(module, algorithm == "FP8" ? ModulePrecision.Fp8 : ModulePrecision.Nvfp4);
            parsed.Verify(module.Replace("mixer", "x", StringComparison.Ordinal), ModulePrecision.Unquantized);
        }

        output.WriteLine($"{2 * modules.Count:N0} modules verified in {watch.ElapsedMilliseconds} ms");
        Assert.Equal(ModulePrecision.Nvfp4, parsed.Expected("backbone.layers.78.mixer.experts"));
    }

    private static string Indented(JsonNode node) => node.ToJsonString(new() { WriteIndented = true });
}
