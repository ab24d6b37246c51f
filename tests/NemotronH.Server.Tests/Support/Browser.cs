using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NemotronH.Server.Tests.Support;

/// <summary>A headless chromium with one page, driven by its own protocol.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly string[] Programs = ["chromium", "chromium-browser", "google-chrome"];

    private readonly Process _process;
    private readonly DirectoryInfo _profile;
    private readonly ClientWebSocket _socket = new();
    private int _id;

    private Browser(Process process, DirectoryInfo profile)
    {
        _process = process;
        _profile = profile;
    }

    /// <summary>Where chromium lies, or <see langword="null"/>.</summary>
    public static string? FindProgram() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(directory => Programs.Select(name => Path.Join(directory, name)))
        .FirstOrDefault(File.Exists);

    public static async Task<Browser> StartAsync(string program, Uri page)
    {
        DirectoryInfo profile = Directory.CreateTempSubdirectory("nemotronh-browser-");
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0",
            $"--user-data-dir={profile.FullName}", "--window-size=900,700", page.ToString(),
        ];
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        var browser = new Browser(Process.Start(start)!, profile);
        browser._process.BeginErrorReadLine();
        browser._process.BeginOutputReadLine();
        await browser.ConnectAsync();
        return browser;
    }

    /// <summary>The value of an expression of JavaScript in the page.</summary>
    public async Task<JsonElement> EvaluateAsync(string expression)
    {
        JsonElement result = await SendAsync(
            "Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        Assert.False(result.TryGetProperty("exceptionDetails", out JsonElement failure), failure.ToString());
        return result.GetProperty("result").TryGetProperty("value", out JsonElement value) ? value : default;
    }

    /// <summary>Waits until an expression of JavaScript is true in the page.</summary>
    public async Task UntilAsync(string expression)
    {
        var clock = Stopwatch.StartNew();
        while (!await HoldsAsync(expression))
        {
            Assert.True(clock.Elapsed < Patience, $"in the page this never came true: {expression}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>While a page is being loaded nothing holds.</summary>
    private async Task<bool> HoldsAsync(string expression)
    {
        try
        {
            return (await EvaluateAsync($"!!({expression})")).ValueKind == JsonValueKind.True;
        }
        catch (InvalidOperationException loading) when (loading.Message.Contains("context", StringComparison.Ordinal))
        {
            return false;
        }
    }

    /// <summary>Types a line into what has the focus, and the Enter key.</summary>
    public async Task TypeLineAsync(string text)
    {
        await SendAsync("Input.insertText", new JsonObject { ["text"] = text });
        await SendAsync("Input.dispatchKeyEvent", EnterKey("keyDown", "\r"));
        await SendAsync("Input.dispatchKeyEvent", EnterKey("keyUp", ""));
    }

    public async Task<byte[]> CaptureAsync() =>
        (await SendAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png" })).GetProperty("data").GetBytesFromBase64();

    public async Task ReloadAsync() => await SendAsync("Page.reload", []);

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        for (int tries = 0; tries < 20; tries++)
        {
            try
            {
                _profile.Delete(recursive: true);
                return;
            }
            catch (IOException)
            {
                // Its children end a little later.
                await Task.Delay(50);
            }
        }
    }

    private static JsonObject EnterKey(string type, string text) => new()
    {
        ["type"] = type,
        ["key"] = "Enter",
        ["code"] = "Enter",
        ["windowsVirtualKeyCode"] = 13,
        ["text"] = text,
    };

    private async Task ConnectAsync()
    {
        var clock = Stopwatch.StartNew();
        string portFile = Path.Join(_profile.FullName, "DevToolsActivePort");
        while (!File.Exists(portFile) || (await File.ReadAllLinesAsync(portFile)).Length < 2)
        {
            Assert.False(_process.HasExited, "chromium ended at once");
            Assert.True(clock.Elapsed < Patience, "chromium does not say where it listens");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        using var http = new HttpClient();
        string? address = null;
        while (address is null)
        {
            JsonElement pages = JsonElement.Parse(await http.GetStringAsync($"http://127.0.0.1:{(await File.ReadAllLinesAsync(portFile))[0]}/json"));
            address = pages.EnumerateArray().Where(target => target.GetProperty("type").GetString() == "page")
                .Select(target => target.GetProperty("webSocketDebuggerUrl").GetString()).FirstOrDefault();
        }

        await _socket.ConnectAsync(new Uri(address), TestContext.Current.CancellationToken);
    }

    private async Task<JsonElement> SendAsync(string method, JsonObject parameters)
    {
        int id = ++_id;
        string request = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters }.ToJsonString();
        await _socket.SendAsync(Encoding.UTF8.GetBytes(request), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        while (true)
        {
            JsonElement message = await ReceiveAsync();
            if (message.TryGetProperty("id", out JsonElement answered) && answered.GetInt32() == id)
            {
                return message.TryGetProperty("result", out JsonElement result) ? result : throw new InvalidOperationException(message.ToString());
            }
        }
    }

    private async Task<JsonElement> ReceiveAsync()
    {
        using var message = new MemoryStream();
        byte[] buffer = new byte[64 << 10];
        while (true)
        {
            WebSocketReceiveResult part = await _socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            message.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
            {
                return JsonElement.Parse(message.ToArray());
            }
        }
    }
}
