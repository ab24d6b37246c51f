using System.Diagnostics;
using System.Runtime.InteropServices;

namespace NemotronH.Cli.Tests.Eval;

/// <summary>Runs that are ended from outside, and the runs that go on from them.</summary>
[Trait("Category", "Long")]
public sealed class EvalInterruptionTests : IDisposable
{
    private const int Sigint = 2;
    private const int Sigkill = 9;

    private readonly EvalModel _model = new();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("perplexity", Sigkill)]
    [InlineData("gsm8k", Sigkill)]
    [InlineData("mmlu", Sigkill)]
    [InlineData("gsm8k", Sigint)]
    public async Task A_run_that_is_ended_goes_on_and_gives_the_same_bytes(string benchmark, int signal)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "signals are sent on Unix only");
        string whole = _model.Directory["whole.json"], broken = _model.Directory["broken.json"];
        await RunAsync(benchmark, whole, growths: null, signal);
        for (int growths = 2; growths <= 6; growths += 2)
        {
            (int exitCode, string error) = await RunAsync(benchmark, broken, growths, signal);
            Assert.False(File.Exists(broken), "the run was over before it was ended");
            Assert.Equal(signal == Sigint ? 130 : 137, exitCode);
            Assert.Matches(signal == Sigint ? @"keeps \d+ of \d+ items; the same command goes on from there\nerror: interrupted\n$" : "", error);
        }

        (int finished, _) = await RunAsync(benchmark, broken, growths: null, signal);
        Assert.Equal(0, finished);
        Assert.Equal(await BytesOf(whole), await BytesOf(broken));
        Assert.Equal(Items($"{whole}.state.jsonl"), Items($"{broken}.state.jsonl"));
    }

    private static Task<byte[]> BytesOf(string path) => File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);

    /// <summary>The items of a state in order; an item that is there twice shows.</summary>
    private static string[] Items(string state) => [.. File.ReadLines(state).Skip(1).Order(StringComparer.Ordinal)];

    private async Task<(int ExitCode, string Error)> RunAsync(string benchmark, string output, int? growths, int signal)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", Arguments(benchmark, output)) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        long length = Length($"{output}.state.jsonl");
        for (int seen = 0; !process.HasExited && seen < (growths ?? int.MaxValue);)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
            long now = Length($"{output}.state.jsonl");
            seen += now > length ? 1 : 0;
            length = now;
        }

        if (!process.HasExited)
        {
            Assert.Equal(0, Kill(process.Id, signal));
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await error);
    }

    private string[] Arguments(string benchmark, string output)
    {
        string[] data = benchmark switch
        {
            "perplexity" => [_model.Text(), "--window", "16", "--stride", "4", "--batch", "2"],
            "gsm8k" => [_model.Problems(60), "--fewshot", "0", "--max-tokens", "40", "--batch", "2"],
            _ => [_model.Questions(40), "--fewshot", "1", "--batch", "1", "--max-context", "1000"],
        };
        return [Path.Join(AppContext.BaseDirectory, "NemotronH.Cli.dll"), "eval", benchmark, "--model", _model.Model, "--device", "cpu", "--out", output, "--data", .. data];
    }

    /// <summary>A program of its own would take longer to start than a small run takes.</summary>
    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Kill(int process, int signal);

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
