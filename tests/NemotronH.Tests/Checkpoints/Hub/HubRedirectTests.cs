using NemotronH.Checkpoints.Hub;
using NemotronH.Tests.Checkpoints.Hub.Support;

namespace NemotronH.Tests.Checkpoints.Hub;

public sealed class HubRedirectTests : IAsyncDisposable
{
    private readonly HubFixture _hub = new() { Token = "hf_secret" };
    private readonly StandInServer _elsewhere;

    public HubRedirectTests() => _elsewhere = new StandInServer(_hub.Repository.AnswerElsewhere);

    public async ValueTask DisposeAsync()
    {
        await _elsewhere.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task Token_goes_to_the_Hub_alone()
    {
        _hub.Repository.Elsewhere = _elsewhere.Address;

        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Equal(_hub.Repository.Files["model.safetensors"], File.ReadAllBytes(Path.Join(snapshot.Directory, "model.safetensors")));
        Assert.All(_hub.Server.Requests, request => Assert.Equal("Bearer hf_secret", request.Header("Authorization")));
        StandInRequest other = Assert.Single(_elsewhere.Requests);
        Assert.Equal("/model.safetensors?signature=1", other.Target);
        Assert.Null(other.Header("Authorization"));
        Assert.DoesNotContain(other.Headers.Values, value => value.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Token_is_still_sent_where_the_Hub_sends_us_to_itself()
    {
        _hub.Answer("config.json", (request, _) => StandInAnswer.Redirect("/cached/config.json?x", 307));

        Func<StandInRequest, StandInAnswer> others = _hub.Server.Answer;
        _hub.Server.Answer = request => request.Target == "/cached/config.json?x" ? StandInAnswer.Text(200, "{}") : others(request);

        await _hub.PullAsync();

        Assert.Equal("Bearer hf_secret", _hub.Server.Requests.Single(request => request.Target == "/cached/config.json?x").Header("Authorization"));
    }

    [Fact]
    public async Task Redirects_without_end_are_given_up_and_no_other_host_sees_the_token()
    {
        _hub.Repository.Elsewhere = _elsewhere.Address;
        _elsewhere.Answer = _ => StandInAnswer.Redirect($"{_elsewhere.Address}again");
        string message = await _hub.FailAsync();

        Assert.Equal($"org/model: model.safetensors: {_hub.Server.Address.Authority} sends us on more than 8 times", message);
        Assert.Equal(8, _elsewhere.Requests.Count);
        Assert.All(_elsewhere.Requests, request => Assert.Null(request.Header("Authorization")));
    }

    [Fact]
    public async Task Broken_connection_elsewhere_is_gone_on_with_by_way_of_the_Hub()
    {
        _hub.Repository.Elsewhere = _elsewhere.Address;
        int count = 0;
        _elsewhere.Answer = request => _hub.Repository.AnswerElsewhere(request) with { BreakAfter = count++ == 0 ? 1234 : null };

        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Equal(5002, snapshot.FetchedBytes);
        Assert.Equal([null, "bytes=1234-"], _elsewhere.Requests.Select(request => request.Header("Range")));
        Assert.NotNull(_elsewhere.Requests.Last().Header("If-Range"));
        Assert.All(_hub.RequestsFor("model.safetensors"), request => Assert.Null(request.Header("If-Range")));
    }

    [Theory]
    [InlineData("http://example.com/model.safetensors")]
    [InlineData("ftp://127.0.0.1/model.safetensors")]
    [InlineData("file:///etc/passwd")]
    [InlineData("//example.com/model.safetensors")]
    public async Task Nobody_is_followed_into_plain_text(string location)
    {
        _hub.Answer("model.safetensors", (_, _) => StandInAnswer.Redirect(location));

        Assert.Equal(
            $"org/model: model.safetensors: {_hub.Server.Address.Authority} sends us to '{location}', expected an https address", await _hub.FailAsync());
    }

    [Theory]
    [InlineData("https://cdn.example.com/x", true, true)]
    [InlineData("https://cdn.example.com/x", false, true)]
    [InlineData("http://127.0.0.1/x", true, true)]
    [InlineData("http://127.0.0.1/x", false, false)]
    [InlineData("http://localhost:8080/x", false, false)]
    [InlineData("http://[::1]/x", true, true)]
    [InlineData("http://169.254.169.254/latest", true, false)]
    public void Only_a_Hub_on_this_machine_leads_to_this_machine_in_plain_text(string address, bool fromLoopback, bool allowed)
    {
        Assert.Equal(allowed, HubAddress.IsAllowed(new Uri(address), fromLoopback));
    }

    [Theory]
    [InlineData("https://hub.example/a", "https://HUB.example:443/b", true)]
    [InlineData("https://hub.example", "https://hub.example:444", false)]
    [InlineData("https://hub.example", "http://hub.example", false)]
    [InlineData("https://hub.example", "https://hub.example.evil", false)]
    [InlineData("https://hub.example", "https://hub.example@evil", false)]
    public void Origin_is_scheme_host_and_port(string first, string second, bool same)
    {
        Assert.Equal(same, HubAddress.AreSameOrigin(new Uri(first), new Uri(second)));
    }
}
