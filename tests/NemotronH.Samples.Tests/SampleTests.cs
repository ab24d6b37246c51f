using System.Diagnostics;
using System.Text.RegularExpressions;

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

    [Theory]
    [InlineData("ConsoleChat", "")]
    [InlineData("HostedTool", "--model ")]
    public async Task A_wrong_directory_is_one_line_on_stderr(string sample, string option)
    {
        string nowhere = Path.Join(AppContext.BaseDirectory, "nowhere");
        (int exitCode, string output, string error) = await StartAsync(sample, "", [.. option.Split(' ')[..^1], nowhere]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Matches($@"^error: .*{Regex.Escape(nowhere)}[^\n]*\n\z", error);
    }

    [Fact]
    public void The_console_sample_has_at_most_30_lines() =>
        Assert.InRange(File.ReadAllLines(Path.Join(Repository.Root, "samples", "ConsoleChat", "Program.cs")).Length, 1, 30);

    private static async Task<string> RunAsync(string sample, string input)
    {
        (int exitCode, string output, string error) = await StartAsync(sample, input);
        Assert.True(exitCode == 0, $"exit code {exitCode}: {error}");
        return output;
    }

    private static async Task<(int ExitCode, string Output, string Error)> StartAsync(string sample, string input, params string[] arguments)
    {
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        string program = Path.Join(Repository.Root, "samples", sample, "bin", configuration, "net10.0", $"{sample}.dll");
        using Process process = Process.Start(new ProcessStartInfo("dotnet", ["exec", program, .. arguments])
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
            return (process.ExitCode, output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
