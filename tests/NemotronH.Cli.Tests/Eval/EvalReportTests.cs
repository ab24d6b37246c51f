using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using NemotronH.Cli.Tests.Support;
using SkiaSharp;

namespace NemotronH.Cli.Tests.Eval;

public sealed partial class EvalReportTests : IDisposable
{
    private readonly EvalModel _model = new();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("perplexity", "Loss by position")]
    [InlineData("kl", "KL histogram|Divergence by position|Loss by position")]
    [InlineData("gsm8k", "Accuracy by filter")]
    [InlineData("mmlu", "Accuracy by category|Accuracy by subject")]
    public async Task A_report_holds_its_plots_and_loads_nothing(string benchmark, string plots)
    {
        string html = await File.ReadAllTextAsync(await ReportAsync(benchmark), TestContext.Current.CancellationToken);

        Match[] images = [.. Image().Matches(html).Cast<Match>()];
        Assert.Equal(plots.Split('|'), images.Select(image => image.Groups["alt"].Value));
        Assert.All(images, image =>
        {
            byte[] png = Convert.FromBase64String(image.Groups["png"].Value);
            Assert.Equal("PNG"u8, png.AsSpan(1, 3));
            Assert.Equal(2 * int.Parse(image.Groups["width"].Value), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)));
            Assert.True(CountColours(png) > 3, "the plot is empty");
        });

        // Nothing is loaded: no address at all, no script, and a policy that forbids both.
        string text = Image().Replace(html, "");
        Assert.DoesNotMatch("(?i)https?:|//|<script|<link|<iframe|@import|url\\(|\\bsrc=|\\bhref=|\\bon\\w+=", text);
        Assert.Contains("content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"", html);
        Assert.Contains("<h2>Scores</h2>", html);
    }

    [Fact]
    public async Task Names_from_outside_are_escaped()
    {
        string model = _model.Directory["<b>&\"model\""];
        Directory.Move(_model.Model, model);
        string report = _model.Directory["report.html"];
        (await CommandLine.RunAsync("eval", "perplexity", "--model", model, "--device", "cpu", "--data", _model.Text(), "--report", report)).Succeeded();
        string html = await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken);
        Assert.Contains("<h1>perplexity: &lt;b&gt;&amp;&quot;model&quot;</h1>", html);
        Assert.DoesNotContain("<b>", html);
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("perplexity")]
    [InlineData("kl")]
    [InlineData("gsm8k")]
    [InlineData("mmlu")]
    public async Task Chromium_shows_the_plots(string benchmark)
    {
        string? chromium = Find("chromium") ?? Find("chromium-browser") ?? Find("google-chrome");
        Assert.SkipUnless(chromium is not null, "no Chromium on the path");
        string report = await ReportAsync(benchmark);
        string screenshot = _model.Directory["page.png"], print = _model.Directory["page.pdf"];
        await RunChromiumAsync(chromium!, report, "--hide-scrollbars", "--window-size=900,500", $"--screenshot={screenshot}");
        await RunChromiumAsync(chromium!, report, $"--print-to-pdf={print}");

        // The curve or the bars of the first plot, in the plots' blue, which nothing else on the page has. A random model solves no problem of GSM8K.
        using SKBitmap page = SKBitmap.Decode(screenshot);
        int blue = page.Pixels.Count(pixel => pixel is { Red: < 60, Green: > 100 and < 140, Blue: > 160 and < 200 });
        Assert.True(blue > 200 || benchmark == "gsm8k", $"{blue} blue pixels");

        // On paper, all plots in full: what Chromium could not decode would not be there.
        string html = await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken);
        string pdf = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(print, TestContext.Current.CancellationToken));
        Assert.Equal(
            Image().Matches(html).Select(image => (2 * Number(image, "width"), 2 * Number(image, "height"))).Order(),
            PrintedImage().Matches(pdf).Select(image => (Number(image, "width"), Number(image, "height"))).Order());

        static int Number(Match match, string group) => int.Parse(match.Groups[group].Value);
    }

    private async Task RunChromiumAsync(string chromium, string page, params string[] options)
    {
        using Process process = Process.Start(new ProcessStartInfo(
            chromium,
            [
                "--headless", "--no-sandbox", "--disable-gpu", $"--user-data-dir={_model.Directory["profile"]}", .. options, new Uri(page).AbsoluteUri,
            ])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        await Task.WhenAll(
            process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken),
            process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static int CountColours(byte[] png)
    {
        using SKBitmap image = SKBitmap.Decode(png);
        return image.Pixels.Distinct().Count();
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Join(folder, program)).FirstOrDefault(File.Exists);

    private async Task<string> ReportAsync(string benchmark)
    {
        string report = _model.Directory["report.html"];
        string[] options = benchmark switch
        {
            "perplexity" => ["--data", _model.Text()],
            "kl" => ["--data", _model.Text(), "--reference", OtherModel()],
            "gsm8k" => ["--data", _model.Problems(), "--fewshot", "0", "--max-tokens", "4", "--max-context", "100"],
            _ => ["--data", _model.Questions(), "--fewshot", "0", "--max-context", "1000"],
        };
        (await _model.RunAsync(benchmark, [.. options, "--report", report])).Succeeded();
        return report;
    }

    /// <summary>The same model with its weights rounded: a few bits of every other byte are gone.</summary>
    private string OtherModel()
    {
        string other = _model.Directory["other"];
        Directory.CreateDirectory(other);
        foreach (string file in Directory.EnumerateFiles(_model.Model))
        {
            File.Copy(file, Path.Join(other, Path.GetFileName(file)));
        }

        string weights = Path.Join(other, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        long header = BitConverter.ToInt64(bytes) + 8;
        for (long i = header; i < bytes.Length; i += 2)
        {
            bytes[i] &= 0xE0;
        }

        File.WriteAllBytes(weights, bytes);
        return other;
    }

    [GeneratedRegex("<img alt=\"(?<alt>[^\"]*)\" width=\"(?<width>\\d+)\" height=\"(?<height>\\d+)\" src=\"data:image/png;base64,(?<png>[^\"]*)\">")]
    private static partial Regex Image();

    [GeneratedRegex("/Subtype /Image\\s+/Width (?<width>\\d+)\\s+/Height (?<height>\\d+)")]
    private static partial Regex PrintedImage();
}
