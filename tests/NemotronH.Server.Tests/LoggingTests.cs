using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using NemotronH.Server.Tests.Support;

namespace NemotronH.Server.Tests;

/// <summary>What an operator reads.</summary>
public sealed class LoggingTests
{
    private const string Chat = "/v1/chat/completions";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Texts_are_logged_where_they_are_wanted_and_nowhere_else(bool isWanted)
    {
        using var log = new LogLines();
        await using RunningServer server = await RunningServer.StartAsync(new ServerOptions { LogText = isWanted }, logging: log.AddTo);

        JsonElement answer = await server.PostAsync(Chat, Bodies.Chat("Unmistakable.", 12));
        List<JsonElement> chunks = await server.StreamAsync(Chat, Bodies.Chat("Unmistakable.", 12));
        JsonElement completion = await server.PostAsync("/v1/completions", Bodies.Completion("\"Unmistakable.\"", 12));

        string said = answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;
        string continued = completion.GetProperty("choices")[0].GetProperty("text").GetString()!;
        Assert.NotEmpty(chunks);
        Assert.Equal(isWanted ? 3 : 0, log.All.Count(line => line.Text.Contains("Unmistakable.")));
        Assert.Equal(isWanted ? 2 : 0, log.All.Count(line => line.Text.Contains($"is answered {said}")));
        Assert.Equal(isWanted ? 1 : 0, log.All.Count(line => line.Text.Contains($"is answered {continued}")));
        Assert.Equal(3, log.All.Count(line => line.Text.Contains("12 generated, length")));
        Assert.DoesNotContain(log.All, line => line.Level > LogLevel.Information);
    }

    [Fact]
    public async Task Refusals_while_the_server_stops_are_no_errors()
    {
        using var log = new LogLines();
        await using RunningServer server = await RunningServer.StartAsync(logging: log.AddTo);
        await using var held = await HeldRequest.OpenAsync(server, Chat, Bodies.Chat("Speak.", 1000, ""","stream":true"""));
        Task stopping = server.Server.StopAsync();

        using HttpResponseMessage refused = await server.Client.PostAsJsonAsync(Chat, Bodies.Chat("Speak.", 1));
        await held.FinishAsync();
        await stopping;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.DoesNotContain(log.All, line => line.Level > LogLevel.Information);
    }

    [Fact]
    public async Task Streams_that_are_cut_off_are_one_warning()
    {
        using var log = new LogLines();
        await using RunningServer server = await RunningServer.StartAsync(
            new ServerOptions { DrainLimit = TimeSpan.Zero }, RunningServer.EndlessEngine, log.AddTo);
        JsonObject body = Bodies.Endless(""","stream":true""");
        Task<HttpResponseMessage>[] streamed = [.. Enumerable.Range(0, 4).Select(_ => server.Client.PostAsJsonAsync(Chat, body))];
        await Waiting.UntilAsync(() => server.Engine.Statistics.Running == 4);

        await server.Server.StopAsync();
        await Task.WhenAll(streamed);

        (LogLevel level, string text) = Assert.Single(log.All, line => line.Level > LogLevel.Information);
        Assert.Equal((LogLevel.Warning, "4 requests were not answered in time and are cut off "), (level, text));
    }
}
