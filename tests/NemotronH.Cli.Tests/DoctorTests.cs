using System.Text.Json;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class DoctorTests
{
    [Fact]
    public async Task Table_and_json_tell_the_same_findings()
    {
        string table = (await CommandLine.RunAsync("doctor")).Succeeded().Output;
        JsonElement report = (await CommandLine.RunAsync("doctor", "--json")).Succeeded().Json();

        Assert.True(report.GetProperty("works_on_cpu").GetBoolean());
        Assert.Matches(@"^2\.\d+", report.GetProperty("libtorch").GetString());
        foreach (JsonElement finding in report.GetProperty("findings").EnumerateArray())
        {
            bool found = finding.GetProperty("found").GetBoolean();
            string state = finding.GetProperty("works").GetBoolean() ? "works" : found ? "broken" : "missing";
            Assert.Contains(table.Split('\n'), line =>
                line.StartsWith(finding.GetProperty("component").GetString()!, StringComparison.Ordinal) && line.Contains($" {state} "));
        }

        Assert.Contains("models run on: ", table);
    }
}
