using System.Net.Http.Json;
using NemotronH.Server.Tests.Support;

namespace NemotronH.Server.Tests;

/// <summary>Two replicas behind YARP, as docs/serving.md configures it.</summary>
public sealed class GatewayTests : IAsyncLifetime
{
    private const string Path = "/v1/chat/completions";

    private RunningServer _first = null!;
    private RunningServer _second = null!;
    private Gateway _gateway = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _first = await RunningServer.StartAsync(engineOptions: RunningServer.EndlessEngine);
        _second = await RunningServer.StartAsync(engineOptions: RunningServer.EndlessEngine);
        _gateway = await Gateway.StartAsync(_first.Server.Address, _second.Server.Address);

        // It keeps cookies, as browsers do.
        _client = new HttpClient(new SocketsHttpHandler { MaxResponseDrainSize = 0 }) { BaseAddress = _gateway.Address };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _gateway.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task Client_stays_with_its_replica_until_that_stops()
    {
        for (int i = 0; i < 5; i++)
        {
            using HttpResponseMessage answer = await _client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 1));
            answer.EnsureSuccessStatusCode();
        }

        RunningServer[] replicas = [_first, _second];
        RunningServer own = Assert.Single(replicas, replica => replica.Engine.Statistics.FinishedRequests == 5);
        RunningServer other = Assert.Single(replicas, replica => replica.Engine.Statistics.FinishedRequests == 0);

        await own.Server.StopAsync();
        await Waiting.UntilAsync(async () =>
        {
            using HttpResponseMessage answer = await _client.PostAsJsonAsync(Path, Bodies.Chat("Speak.", 1));
            return answer.IsSuccessStatusCode;
        });

        Assert.Equal(5, own.Engine.Statistics.FinishedRequests);
        Assert.Equal(1, other.Engine.Statistics.FinishedRequests);
    }

    /// <summary>A gateway that collected answers would have the whole of this one before its client had seen any of it.</summary>
    [Fact]
    public async Task Streams_come_through_as_they_are_made_and_a_client_that_leaves_is_noticed()
    {
        using (var request = new HttpRequestMessage(HttpMethod.Post, Path))
        {
            request.Content = JsonContent.Create(Bodies.Endless(""","stream":true"""));
            using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await using Stream stream = await response.Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(new byte[300]);
        }

        await Waiting.UntilAsync(() => _first.Engine.Statistics.CancelledRequests + _second.Engine.Statistics.CancelledRequests == 1);
    }
}
