using System.Diagnostics;

namespace NemotronH.Samples.Tests;

/// <summary>The samples run as they are, with the tiny model.</summary>
public sealed class SampleTests
{
    private const int MostSeconds = 300;

    [Fact]
    public async Task The_console_sample_holds_a_conversation_until_an_empty_line()
    {
        string output = await RunAsync("ConsoleChat", "JULIET: Must thou be gone?\nWho is there?\n\n");
        string[] answers = output.Split("> ", StringSplitOptions.TrimEntries);
        Assert.Equal(4, answers.Length);
        Assert.Equal(("", ""), (answers[0], answers[3]));
        Assert.NotEqual("", answers[1] + answers[2]);
    }

    [Fact]
    public async Task The_hosted_sample_has_its_tool_called_and_goes_on_with_the_result()
    {
        string output = await RunAsync("HostedTool", "");
        string[] lines = output.Split('\n');
        Assert.Matches(@"^\[call\] get_weather\(city: (Verona|Venice|Padua)(, days: [0-7])?\)\z", lines[0].TrimEnd());
        Assert.Matches(@"^\[result\] In (Verona|Venice|Padua) it will (rain|be fair)\.\z", lines[1].TrimEnd());
        Assert.True(lines.Length > 2, output);
    }

    [Fact]
    public void The_console_sample_has_at_most_30_lines() =>
        Assert.InRange(File.ReadAllLines(Path.Join(Root(), "samples", "ConsoleChat", "Program.cs")).Length, 1, 30);

    private static async Task<string> RunAsync(string sample, string input)
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string program = Path.Join(Root(), "samples", sample, "bin", configuration, "net10.0", $"{sample}.dll");
        using Process process = Process.Start(new ProcessStartInfo("dotnet", ["exec", program])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(MostSeconds));
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(timeout.Token);
            string output = await process.StandardOutput.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}: {await error}");
            return output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private static string Root()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Join(directory.FullName, "NemotronH.sln")))
        {
            directory = directory.Parent;
        }

        Assert.SkipUnless(directory is not null, "The samples lie beside the solution, which is not here.");
        return directory!.FullName;
    }
}
