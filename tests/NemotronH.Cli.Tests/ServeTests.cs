using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using NemotronH.Cli.Commands.Serve;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

/// <summary><c>nemotronh serve</c> as a process, over real sockets.</summary>
public sealed class ServeTests : IDisposable
{
    private const string Chat = "/v1/chat/completions";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<Process> _processes = [];

    public void Dispose()
    {
        foreach (Process process in _processes)
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task Curl_is_answered_and_a_signal_under_load_lets_answers_end()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/curl") && File.Exists("/bin/kill"), "there is no curl or no kill here");
        _directory.Write("keys.txt", "key-of-the-test\n");
        using var collector = new StandInCollector();
        (Process server, HttpClient client) = await StartAsync(
            collector.Variables, "--api-key-file", _directory["keys.txt"], "--max-context", "1024");
        const string speak = """{"messages":[{"role":"user","content":"Speak."}],"max_tokens":4,"stream":true}""";

        string[] curl = ["-sN", $"{client.BaseAddress}v1/chat/completions", "-H", "Content-Type: application/json", "-d", speak];
        string refused = await RunAsync("curl", curl);
        string answered = await RunAsync("curl", [.. curl, "-H", "Authorization: Bearer key-of-the-test"]);

        Assert.Contains("invalid_api_key", refused);
        Assert.EndsWith("data: [DONE]\n\n", answered);

        client.DefaultRequestHeaders.Authorization = new("Bearer", "key-of-the-test");
        JsonNode body = JsonNode.Parse("""{"messages":[{"role":"user","content":"Speak."}],"max_tokens":600,"ignore_eos":true}""")!;
        Task<HttpResponseMessage>[] load = [.. Enumerable.Range(0, 8).Select(_ => client.PostAsJsonAsync(Chat, body))];
        var clock = Stopwatch.StartNew();
        while (!(await client.GetStringAsync("/metrics")).Contains("num_requests_running{model_name=\"tiny\"} 8\n"))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), "the eight requests never ran together");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        await RunAsync("kill", ["-TERM", $"{server.Id}"]);

        foreach (HttpResponseMessage response in await Task.WhenAll(load))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            JsonNode answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            Assert.Equal(600, answer["usage"]!["completion_tokens"]!.GetValue<int>());
        }

        string log = await server.StandardError.ReadToEndAsync();
        await server.WaitForExitAsync();
        Assert.Equal(0, server.ExitCode);
        Assert.All(log.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.NotNull(JsonNode.Parse(line)!["LogLevel"]));
        Assert.Contains("600 generated", log);
        Assert.DoesNotContain("Speak", log);
        Assert.DoesNotContain("key-of-the-test", log);
        Assert.Contains("nemotronh", collector.Received("/v1/traces"));
        Assert.Contains("gen_ai.server.time_to_first_token", collector.Received("/v1/metrics"));
        Assert.DoesNotContain("Speak", collector.Received("/v1/traces"));
    }

    [Fact]
    public async Task Curl_gets_tools_schemas_probabilities_texts_and_errors()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/curl"), "there is no curl here");
        (_, HttpClient client) = await StartAsync(new Dictionary<string, string>(), "--max-context", "1024");
        const string speak = """ "messages":[{"role":"user","content":"Speak."}],"temperature":0,"max_tokens":200 """;
        const string direction = """ {"type":"object","properties":{"to":{"enum":["north","south"]}},"required":["to"],"additionalProperties":false} """;
        const string tool = """ {"type":"function","function":{"name":"march","parameters": """ + direction + "}}";
        const string schema = """ {"type":"object","properties":{"lines":{"type":"integer","minimum":1,"maximum":9}},"required":["lines"],"additionalProperties":false} """;

        JsonNode called = await AskAsync($$"""{ {{speak}}, "tools":[{{tool}}],"tool_choice":"required","parallel_tool_calls":false }""");
        JsonNode formed = await AskAsync($$$$"""{ {{{{speak}}}}, "response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{{{{schema}}}}}} }""");
        JsonNode measured = await AskAsync($$"""{ {{speak}}, "n":2,"logprobs":true,"top_logprobs":3,"stop":["."] }""");
        JsonNode refused = await AskAsync($$"""{ {{speak}}, "reasoning_effort":"high" }""");
        JsonNode listed = JsonNode.Parse(await RunAsync("curl", ["-s", $"{client.BaseAddress}v1/models"]))!;

        JsonNode call = called["choices"]![0]!["message"]!["tool_calls"]![0]!["function"]!;
        Assert.Equal("march", (string?)call["name"]);
        Assert.Matches("^(north|south)$", (string?)JsonNode.Parse((string)call["arguments"]!)!["to"]);
        Assert.InRange((int)JsonNode.Parse((string)formed["choices"]![0]!["message"]!["content"]!)!["lines"]!, 1, 9);
        Assert.Equal(2, measured["choices"]!.AsArray().Count);
        Assert.All(measured["choices"]!.AsArray(), choice => Assert.DoesNotContain(".", (string)choice!["message"]!["content"]!));
        Assert.All(measured["choices"]![0]!["logprobs"]!["content"]!.AsArray(), token => Assert.Equal(3, token!["top_logprobs"]!.AsArray().Count));
        Assert.Equal("unsupported_parameter", (string?)refused["error"]!["code"]);
        Assert.Equal("tiny", (string?)listed["data"]![0]!["id"]);

        async Task<JsonNode> AskAsync(string body) => JsonNode.Parse(await RunAsync(
            "curl", ["-s", $"{client.BaseAddress}v1/chat/completions", "-H", "Content-Type: application/json", "-d", body]))!;
    }

    [Theory]
    [InlineData("")]
    [InlineData(" , ,")]
    public void Variable_without_a_key_opens_nothing(string keys)
    {
        var exception = Assert.Throws<NemotronHException>(() => ServerArguments.SplitKeys(keys));

        Assert.Equal("NEMOTRONH_API_KEYS: has no keys; expected them with commas between them, or no such variable", exception.Message);
        Assert.Equal(["a", "b"], ServerArguments.SplitKeys(" a,,b "));
    }

    [Theory]
    [InlineData("error: --port: 70000 is no port; expected 0 to 65535", 1, "--port", "70000")]
    [InlineData("error: --host: 'example.org' is not an IP address or localhost", 2, "--host", "example.org")]
    [InlineData("error: nowhere.txt: cannot be read", 1, "--api-key-file", "nowhere.txt")]
    [InlineData("error: the allowed origin 'chat.example' is none; expected scheme and host", 1, "--allowed-origin", "chat.example")]
    [InlineData("error: an API key is empty or has characters other than printable ASCII", 1, "--api-key", "schlüssel")]
    [InlineData("error: nobody/nothing: no such directory, nor a model of that name in ", 1, "--model", "nobody/nothing")]
    public async Task What_cannot_be_served_is_one_line(string expected, int exitCode, params string[] arguments)
    {
        CommandResult result = await CommandLine.RunAsync(["serve", "--device", "cpu", .. arguments]);

        Assert.StartsWith(expected, result.Error);
        Assert.Equal(1, result.Error.Count(c => c == '\n'));
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal("", result.Output);
    }

    private async Task<(Process Server, HttpClient Client)> StartAsync(
        IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        string program = typeof(CommandLineApp).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", [program, "serve", "--model", "tiny", "--device", "cpu", "--port", "0", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        _processes.Add(process);
        string line = await process.StandardOutput.ReadLineAsync() ?? "";
        Assert.StartsWith("listening on http://127.0.0.1:", line);
        return (process, new HttpClient { BaseAddress = new Uri(line["listening on ".Length..]) });
    }

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}
