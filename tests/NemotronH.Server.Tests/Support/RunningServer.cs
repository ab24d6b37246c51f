using System.ClientModel;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using NemotronH.Generation;
using OpenAI;
using OpenAI.Chat;
using TorchSharp;

namespace NemotronH.Server.Tests.Support;

/// <summary>The tiny model behind a server on a port of its own.</summary>
public sealed class RunningServer : IAsyncLifetime
{
    public const string ModelName = "tiny";

    /// <summary>Tokens of an answer that is cut off before it ends, however slow the test is beside the engine.</summary>
    internal const int EndlessTokens = 30_000;

    private readonly EngineOptions _engineOptions;
    private readonly ServerOptions _options;
    private readonly Action<ILoggingBuilder>? _logging;
    private readonly string _directory;

    public RunningServer()
        : this(null, null, null, null)
    {
    }

    private RunningServer(ServerOptions? options, EngineOptions? engineOptions, Action<ILoggingBuilder>? logging, string? directory)
    {
        _logging = logging;
        _directory = directory ?? ModelDirectory;
        _options = (options ?? new ServerOptions()) with { Url = "http://127.0.0.1:0" };
        _engineOptions = engineOptions ?? DefaultEngine;
    }

    internal static string ModelDirectory => Path.Join(AppContext.BaseDirectory, "models", ModelName);

    /// <summary>Has room for endless answers.</summary>
    internal static EngineOptions EndlessEngine => DefaultEngine with
    {
        Model = DefaultEngine.Model with { MaxContext = 32_768 },
        MaxSequences = 4,
    };

    internal static EngineOptions DefaultEngine => new()
    {
        Model = new ModelOptions { Device = torch.CPU, Dtype = torch.ScalarType.Float32, MaxContext = 1024 },
        MaxSequences = 16,
        PrefixCacheBytes = 64 << 20,
    };

    internal InferenceEngine Engine { get; private set; } = null!;

    internal ModelServer Server { get; private set; } = null!;

    internal HttpClient Client { get; private set; } = null!;

    internal OpenAIClientOptions ClientOptions => new() { Endpoint = new Uri(Server.Address, "/v1") };

    internal static async Task<RunningServer> StartAsync(
        ServerOptions? options = null, EngineOptions? engineOptions = null, Action<ILoggingBuilder>? logging = null, string? directory = null)
    {
        var server = new RunningServer(options, engineOptions, logging, directory);
        await server.InitializeAsync();
        return server;
    }

    public async ValueTask InitializeAsync()
    {
        Engine = await InferenceEngine.LoadAsync(_directory, _engineOptions);
        Server = await ModelServer.StartAsync(Engine, _options, _logging);
        Client = CreateClient(Server.Address);
    }

    /// <summary>A client that closes the connection of an answer it gives up, where one would by default read on for up to two seconds.</summary>
    private static HttpClient CreateClient(Uri address) => new(new SocketsHttpHandler { MaxResponseDrainSize = 0 }) { BaseAddress = address };

    internal ChatClient CreateChatClient(string model = ModelName) => new(model, new ApiKeyCredential("none"), ClientOptions);

    internal async Task<JsonElement> PostAsync(string path, JsonNode body)
    {
        using HttpResponseMessage response = await Client.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    /// <summary>Sends a request that is to be streamed.</summary>
    /// <returns>The JSON texts of the stream, which ended with <c>[DONE]</c>.</returns>
    internal async Task<List<JsonElement>> StreamAsync(string path, JsonObject body)
    {
        body["stream"] = true;
        using HttpResponseMessage response = await Client.PostAsJsonAsync(path, body);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        string[] events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(events, line => Assert.StartsWith("data: ", line));
        Assert.Equal("data: [DONE]", events[^1]);
        return [.. events[..^1].Select(line => JsonElement.Parse(line["data: ".Length..]))];
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        await Engine.DisposeAsync();
    }
}
