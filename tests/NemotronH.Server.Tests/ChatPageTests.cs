using System.Text.Json;
using NemotronH.Server.Tests.Support;

namespace NemotronH.Server.Tests;

/// <summary>The chat page in a browser.</summary>
public sealed class ChatPageTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const string Text = "document.querySelector('.assistant:last-child .content').textContent";
    private const string Figures = "document.querySelector('.assistant:last-child .figures').textContent";

    [Fact]
    public async Task Page_streams_stops_and_remembers()
    {
        await using Browser browser = await OpenAsync();
        await browser.UntilAsync("document.getElementById('model').textContent === 'tiny'");

        await browser.TypeLineAsync("KING HENRY: What news from the north, good cousin? <b>Speak.</b>");
        await browser.UntilAsync($"document.querySelector('.assistant') && {Text}.length > 3");
        if (Environment.GetEnvironmentVariable("NEMOTRONH_SCREENSHOT") is { Length: > 0 } path)
        {
            await browser.UntilAsync($"document.getElementById('stop').hidden || {Text}.length > 250");
            await File.WriteAllBytesAsync(path, await browser.CaptureAsync());
        }

        await browser.UntilAsync("(document.getElementById('stop').click(), document.getElementById('stop').hidden)");
        string text = (await browser.EvaluateAsync(Text)).GetString()!;
        Assert.NotEmpty(text);
        Assert.Equal(0, (await browser.EvaluateAsync("document.querySelectorAll('#messages b').length")).GetInt32());

        await browser.ReloadAsync();
        await browser.UntilAsync("document.querySelectorAll('.message').length === 2");
        Assert.Equal(text, (await browser.EvaluateAsync(Text)).GetString());
    }

    [Fact]
    public async Task Stop_button_ends_the_answer_on_the_server_too()
    {
        await using Browser browser = await OpenAsync();

        long cancelled = server.Engine.Statistics.CancelledRequests;
        await browser.TypeLineAsync("Speak.");
        await browser.UntilAsync($"document.querySelector('.assistant') && {Figures}.includes('tokens/s')");

        await browser.EvaluateAsync("document.getElementById('stop').click()");

        await browser.UntilAsync($"{Figures}.endsWith('(stopped)') && {Figures}.includes('tokens/s')");
        await Waiting.UntilAsync(() => server.Engine.Statistics.Running == 0);

        Assert.Equal(cancelled + 1, server.Engine.Statistics.CancelledRequests);
    }

    [Fact]
    public async Task Question_that_is_refused_is_there_to_be_asked_again()
    {
        await using Browser browser = await OpenAsync();
        await browser.EvaluateAsync("""
            { const real = window.fetch; let calls = 0;
              window.fetch = (url, options) => calls++ ? real(url, options)
                : Promise.resolve(new Response('{"error":{"message":"not now"}}', { status: 429 })); }
            """);

        await browser.TypeLineAsync("Speak.");
        await browser.UntilAsync("document.querySelector('.error')?.textContent === 'not now'");
        Assert.Equal("Speak.", (await browser.EvaluateAsync("document.getElementById('input').value")).GetString());

        await browser.TypeLineAsync("");
        await browser.UntilAsync($"{Figures}.includes('tokens/s')");
        await browser.EvaluateAsync("document.getElementById('stop').click()");
        await browser.ReloadAsync();
        await browser.UntilAsync("document.querySelectorAll('.message').length === 2");
    }

    [Fact]
    public async Task What_the_model_says_stays_text_and_reasoning_is_folded()
    {
        await using Browser browser = await OpenAsync();
        await browser.EvaluateAsync("""
            window.fetch = async () => new Response(
              'data: {"choices":[{"delta":{"reasoning_content":"<i>hm</i>"}}]}\n\n'
              + 'data: {"choices":[{"delta":{"content":"<img src=x onerror=window.bad=1>"}}]}\n\n'
              + 'data: {"choices":[{"delta":{"content":"<script>window.bad=1</script>"}}]}\n\ndata: [DONE]\n\n', { status: 200 });
            """);

        await browser.TypeLineAsync("Say markup.");
        await browser.UntilAsync($"document.querySelector('.assistant') && {Text}.endsWith('</script>')");

        Assert.Equal("<img src=x onerror=window.bad=1><script>window.bad=1</script>", (await browser.EvaluateAsync(Text)).GetString());
        Assert.Equal(0, (await browser.EvaluateAsync("document.querySelectorAll('#messages img, #messages script, #messages i').length")).GetInt32());
        Assert.Equal("undefined", (await browser.EvaluateAsync("typeof window.bad")).GetString());
        Assert.Equal(JsonValueKind.False, (await browser.EvaluateAsync("document.querySelector('.assistant details').open")).ValueKind);
        Assert.Equal("<i>hm</i>", (await browser.EvaluateAsync("document.querySelector('.assistant details .text').textContent")).GetString());
    }

    private async Task<Browser> OpenAsync()
    {
        string? program = Browser.FindProgram();
        Assert.SkipUnless(program is not null, "there is no chromium here");
        Browser browser = await Browser.StartAsync(program, server.Server.Address);
        await browser.UntilAsync("document.readyState === 'complete' && document.activeElement?.id === 'input'");

        // An answer of the tiny model may end before anybody can look at it or press a button: here none does.
        await browser.EvaluateAsync("""
            { const real = window.fetch;
              window.fetch = (url, options) => real(url, options?.body
                ? { ...options, body: JSON.stringify({ ...JSON.parse(options.body), ignore_eos: true, temperature: 0 }) } : options); }
            """);
        return browser;
    }
}
