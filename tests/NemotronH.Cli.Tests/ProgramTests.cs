using System.Diagnostics;
using System.Text;
using System.Text.Json;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

/// <summary>The program as its users start it: as a process.</summary>
public sealed class ProgramTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Results_are_utf8_without_byte_order_mark_whatever_the_locale()
    {
        _directory.Write("tokenizer.json", ByteTokenizer.Json().ToJsonString());

        (int exitCode, byte[] output, string error) = await RunAsync(["tokenize", "né😀", "--model", _directory.Path, "--json"]);

        Assert.Equal("", error);
        Assert.Equal(0, exitCode);
        Assert.Equal((byte)'{', output[0]);
        string json = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(output);
        Assert.Contains("\"<s>né", json);
        Assert.Equal("<s>né😀", JsonDocument.Parse(json).RootElement.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Stdin_is_read_as_utf8_with_its_byte_order_mark()
    {
        _directory.Write("tokenizer.json", ByteTokenizer.Json().ToJsonString());

        byte[] stdin = [0xEF, 0xBB, 0xBF, 0xC3, 0xA9];

        (_, byte[] output, _) = await RunAsync(["tokenize", "--no-special", "--model", _directory.Path], stdin);

        Assert.Equal("239 187 191 195 169", Encoding.ASCII.GetString(output).TrimEnd());
    }

    [Fact]
    public async Task Failure_is_one_line_on_stderr_and_its_exit_code()
    {
        (int exitCode, byte[] output, string error) = await RunAsync(["inspect", "--model", _directory["nowhere"]]);

        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Matches(@"^error: .*nowhere: no such directory[^\n]*\n$", error.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Default_model_is_found_whatever_the_current_directory()
    {
        (int exitCode, byte[] output, string error) = await RunAsync(["generate", "KING HENRY:", "--max-tokens", "20", "--ignore-eos"]);

        Assert.Equal("", error);
        Assert.Equal(0, exitCode);
        Assert.Contains(Encoding.UTF8.GetString(output), char.IsAsciiLetter);
    }

    [Theory]
    [InlineData(0, "--version")]
    [InlineData(0, "generate", "--help")]
    [InlineData(1, "generate", "KING HENRY:")]
    [InlineData(1, "bench", "--device", "cpu")]
    public async Task Without_libtorch_what_needs_none_works_and_the_rest_says_so_in_one_line(int expected, params string[] arguments)
    {
        (int exitCode, _, string error) = await RunAsync(arguments, libtorch: _directory["nowhere"]);

        Assert.Equal(expected, exitCode);
        Assert.Matches(expected == 0 ? "^$" : @"^error: NEMOTRONH_LIBTORCH names [^\n]*nowhere, which is not a directory[^\n]*\n$", error.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Termination_signal_ends_the_program_with_130_and_leaves_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "kill sends signals on Unix only");
        using Process process = Start(
            ["random", "--config", "nemotron-3-nano-4b", "--precision", "bfloat16", "--max-shard-size", "100MB", "--out", _directory["made"]]);
        while (_directory.Contents().Length == 0 && !process.HasExited)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.False(process.HasExited, "the program ended before it was told to");
        using (Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("error: interrupted\n", error);
        Assert.Equal(130, process.ExitCode);
        Assert.Empty(_directory.Contents());
    }

    private Process Start(string[] arguments, string? libtorch = null)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Join(AppContext.BaseDirectory, "NemotronH.Cli.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["LC_ALL"] = "C" },
            WorkingDirectory = _directory.Path,
        };
        if (libtorch is not null)
        {
            start.Environment["NEMOTRONH_LIBTORCH"] = libtorch;
        }

        return Process.Start(start)!;
    }

    private async Task<(int ExitCode, byte[] Output, string Error)> RunAsync(string[] arguments, byte[]? stdin = null, string? libtorch = null)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        using Process process = Start(arguments, libtorch);
        await process.StandardInput.BaseStream.WriteAsync(stdin ?? [], cancellationToken);
        process.StandardInput.Close();
        using var output = new MemoryStream();
        Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.StandardOutput.BaseStream.CopyToAsync(output, cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, output.ToArray(), await error);
    }
}
