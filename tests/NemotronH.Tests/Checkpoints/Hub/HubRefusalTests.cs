using System.Text.Json.Nodes;
using NemotronH.Checkpoints.Hub;
using NemotronH.Tests.Checkpoints.Hub.Support;

namespace NemotronH.Tests.Checkpoints.Hub;

public sealed class HubRefusalTests : IAsyncDisposable
{
    private const string Weights = "model.safetensors";

    private readonly HubFixture _hub = new();

    private string Host => _hub.Server.Address.Authority;

    private byte[] Content => _hub.Repository.Files[Weights];

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Wrong_bytes_are_thrown_away()
    {
        byte[] wrong = [.. Content[..^1], (byte)~Content[^1]];
        _hub.Answer(Weights, (_, _) => new StandInAnswer(200, wrong));

        Assert.Equal(
            $"org/model: model.safetensors: what {Host} sends has the sha256 {StandInRepository.Sha256(wrong)}, expected "
            + $"{StandInRepository.Sha256(Content)}; it was thrown away",
            await _hub.FailAsync());

        // Other files' downloads were cancelled, and can be resumed.
        Assert.Empty(Directory.GetFiles(_hub["blobs"], $"{_hub.Repository.Blob(Weights)}*"));
    }

    [Fact]
    public async Task Wrong_bytes_of_a_small_file_are_thrown_away()
    {
        _hub.Answer("config.json", (_, _) => StandInAnswer.Text(200, "[]"));

        Assert.Contains(
            $"config.json: what {Host} sends has the git id 0637a088a01e8ddab3bf3fa98dbe804cbde1a0dc, expected 9e26dfeeb6e641a33dae4961196235bdb965b21b",
            await _hub.FailAsync());
    }

    [Theory]
    [InlineData(4999)]
    [InlineData(5001)]
    [InlineData(0)]
    [InlineData(1L << 60)]
    public async Task Length_that_the_list_does_not_say_is_refused(long announced)
    {
        _hub.Answer(Weights, (_, _) => new StandInAnswer(200, Content) { AnnouncedLength = announced });

        Assert.Equal($"org/model: model.safetensors: {Host} announces {announced} bytes, expected 5000", await _hub.FailAsync());
    }

    [Fact]
    public async Task Body_without_end_is_cut_off()
    {
        _hub.Answer(Weights, (_, _) => new StandInAnswer(200, StandInRepository.Noise(4_000_000)) { AnnouncedLength = -1 });

        Assert.Equal(
            $"org/model: model.safetensors: {Host} sends more than the 5000 bytes that the Hub's list says", await _hub.FailAsync());
        Assert.All(Directory.GetFiles(_hub["blobs"], $"{_hub.Repository.Blob(Weights)}*"), path => Assert.Equal(0, new FileInfo(path).Length));
    }

    [Fact]
    public async Task Body_that_always_ends_at_once_is_given_up()
    {
        _hub.Answer(Weights, (_, _) => new StandInAnswer(200, []) { AnnouncedLength = -1 });

        Assert.Equal(
            $"org/model: model.safetensors: {Host} ends after 0 of 5000 bytes (tried 5 times; pull again to go on)", await _hub.FailAsync());
    }

    [Theory]
    [InlineData(401, null, "there is no such model, or it needs an access token (HF_TOKEN, or the file that 'hf auth login' writes)")]
    [InlineData(401, "hf_secret", "there is no such model, or the token from HF_TOKEN is not accepted")]
    [InlineData(403, "hf_secret", "access is not granted; a gated model's terms are accepted at HUB/org/model")]
    [InlineData(404, null, "there is no such model")]
    public async Task Model_that_is_not_given_is_said_so(int status, string? token, string expected)
    {
        _hub.Token = token;
        _hub.Server.Answer = _ => StandInAnswer.Text(status, "<html>no</html>");

        string message = await _hub.FailAsync();

        Assert.Equal($"org/model: {Host} answers {status}: {expected.Replace("HUB", $"http://{Host}", StringComparison.Ordinal)}", message);
        Assert.DoesNotContain("secret", message);
        Assert.Single(_hub.Server.Requests);
    }

    [Fact]
    public async Task Missing_revision_is_said_so()
    {
        _hub.Model = _hub.Model.At("v9");
        _hub.Server.Answer = _ => StandInAnswer.Text(404) with { Headers = [("X-Error-Code", "RevisionNotFound")] };

        Assert.Equal($"org/model@v9: {Host} answers 404: there is no revision 'v9' of it", await _hub.FailAsync());
    }

    [Fact]
    public async Task Missing_file_is_said_so()
    {
        _hub.Answer(Weights, (_, _) => StandInAnswer.Text(404));

        Assert.Equal($"org/model: model.safetensors: {Host} answers 404: there is no such file", await _hub.FailAsync());
    }

    [Theory]
    [InlineData(429, ": too many requests")]
    [InlineData(500, " (Whatever)")]
    [InlineData(503, " (Whatever)")]
    [InlineData(408, " (Whatever)")]
    public async Task Busy_server_is_asked_again_and_given_up_at_last(int status, string expected)
    {
        _hub.Answer(Weights, (_, _) => StandInAnswer.Text(status) with { Headers = [("Retry-After", "0")] });

        Assert.Equal(
            $"org/model: model.safetensors: {Host} answers {status}{expected} (tried 5 times; pull again to go on)", await _hub.FailAsync());
        Assert.Equal(5, _hub.RequestsFor(Weights).Count());
    }

    [Theory]
    [InlineData(429)]
    [InlineData(502)]
    public async Task Server_that_is_busy_for_a_while_is_waited_for(int status)
    {
        _hub.Answer(Weights, (request, count) => count < 4 ? StandInAnswer.Text(status) : StandInRepository.Content(Content, request));

        Assert.Equal(2, (await _hub.PullAsync()).Files);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(206)]
    [InlineData(304)]
    [InlineData(400)]
    [InlineData(418)]
    public async Task Answer_that_makes_no_sense_is_named(int status)
    {
        _hub.Answer(Weights, (_, _) => StandInAnswer.Text(status));

        Assert.Equal($"org/model: model.safetensors: {Host} answers {status} (Whatever)", await _hub.FailAsync());
    }

    [Fact]
    public async Task Nobody_at_the_address_is_said_so()
    {
        // Port 1 is reserved (tcpmux): nothing answers there.
        var client = new HubClient(_hub.Settings with { Endpoint = new Uri("http://127.0.0.1:1") });

        var exception = await Assert.ThrowsAsync<HubException>(() => client.PullAsync(_hub.Model, _hub.Options));

        Assert.Matches("^org/model: the connection to 127.0.0.1:1 failed: .*refused.* \\(tried 5 times; pull again to go on\\)$", exception.Message);
    }

    [Theory]
    [InlineData("../evil.json", "has the part '..', which leads elsewhere")]
    [InlineData("a/../../evil.json", "has the part '..', which leads elsewhere")]
    [InlineData("/etc/evil.json", "is empty, absolute or has an empty part")]
    [InlineData("C:/evil.json", "has one of the characters \\ : * ? \" < > |")]
    [InlineData("..\\evil.json", "has one of the characters \\ : * ? \" < > |")]
    [InlineData("nul.json", "has a part that is a device on Windows")]
    [InlineData("con/evil.txt", "has a part that is a device on Windows")]
    [InlineData("a\n.json", "has characters other than printable ASCII")]
    [InlineData("config.json/a.json", "collides with another file's on some systems")]
    [InlineData("Config.json", "collides with another file's on some systems")]
    public async Task Name_that_is_not_safe_stops_everything_before_it_begins(string name, string fault)
    {
        _hub.Repository.Files[name] = [1];

        Assert.Contains(fault, await _hub.FailAsync());
        Assert.Single(_hub.Server.Requests);
        Assert.Empty(_hub.Directory.Contents());
    }

    [Theory]
    [InlineData("sha", "\"../../../etc\"", "its commit is '../../../etc', expected 40 hexadecimal digits")]
    [InlineData("sha", "null", "the Hub's list of files is not understood: sha is null")]
    [InlineData("siblings", "7", "the Hub's list of files is not understood: ")]
    [InlineData("siblings", "[]", "is no model in safetensors: expected config.json and *.safetensors among its files")]
    [InlineData("siblings", """[{"rfilename":"a.json","size":1,"blobId":"../../x"}]""", "gives 'a.json' the hash '../../x', expected hexadecimal digits")]
    [InlineData("siblings", """[{"rfilename":"a.json","size":1}]""", "the Hub's list of files is not understood: ")]
    [InlineData("siblings", """[{"rfilename":"a.json","size":-1,"blobId":"9e26dfeeb6e641a33dae4961196235bdb965b21b"}]""", "gives 'a.json' a size of -1 bytes")]
    [InlineData("siblings", """[{"rfilename":"a.json","size":1e99,"blobId":"9e26dfeeb6e641a33dae4961196235bdb965b21b"}]""", "the Hub's list of files is not understood: ")]
    public async Task List_that_is_none_is_refused(string property, string value, string fault)
    {
        JsonObject listing = _hub.Repository.Listing();
        listing[property] = JsonNode.Parse(value);
        _hub.Server.Answer = _ => StandInAnswer.Text(200, listing.ToJsonString());

        Assert.StartsWith($"org/model: {fault}", await _hub.FailAsync());
        Assert.Empty(_hub.Directory.Contents());
    }

    [Fact]
    public async Task Sizes_beyond_all_bounds_are_refused()
    {
        JsonObject listing = _hub.Repository.Listing();
        listing["siblings"]![1]!["lfs"]!["size"] = long.MaxValue;
        _hub.Server.Answer = _ => StandInAnswer.Text(200, listing.ToJsonString());

        Assert.Equal("org/model: says that its files have 9223372036854775809 bytes", await _hub.FailAsync());
    }

    [Fact]
    public async Task Another_commit_than_the_one_asked_for_is_refused()
    {
        _hub.Model = _hub.Model.At(new string('a', 40));

        Assert.Equal($"{_hub.Model}: answers with commit {new string('c', 40)}, expected the one that was asked for", await _hub.FailAsync());
    }

    [Fact]
    public async Task List_of_random_bytes_is_refused_and_nothing_else_happens()
    {
        var random = new Random(20261122);
        byte[] valid = System.Text.Encoding.UTF8.GetBytes(_hub.Repository.Listing().ToJsonString());
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = Fuzzing.Mutate(random, valid);
            var reader = new HubListingReader(_hub.Model);
            try
            {
                Assert.All(reader.Read(bytes).Files, file => Assert.Null(RepositoryPath.Fault(file.Name)));
            }
            catch (HubException exception)
            {
                Assert.StartsWith("org/model: ", exception.Message);
            }
        }

        _hub.Server.Answer = _ => new StandInAnswer(200, valid[..^1]);
        Assert.StartsWith("org/model: the Hub's list of files is not understood: ", await _hub.FailAsync());
    }

    [Fact]
    public async Task Disk_that_is_too_small_is_noticed_before_anything_is_fetched()
    {
        _hub.Options = _hub.Options with { FreeSpace = _ => 5001 };

        Assert.Equal($"{_hub.Directory.Path}: 4.88 KiB are free, expected 4.88 KiB for what is missing of org/model", await _hub.FailAsync());
        Assert.Single(_hub.Server.Requests);
    }

    [Fact]
    public async Task Copies_need_their_own_space()
    {
        _hub.Options = _hub.Options with { FreeSpace = _ => 10003, CopyAlways = true };
        await _hub.FailAsync();

        _hub.Options = _hub.Options with { FreeSpace = _ => 10004 };
        Assert.Equal(5002, (await _hub.PullAsync()).FetchedBytes);
    }

    [Fact]
    public async Task What_is_here_of_a_file_needs_no_space()
    {
        Directory.CreateDirectory(_hub["blobs"]);
        File.WriteAllBytes(_hub[$"blobs/{_hub.Repository.Blob(Weights)}.incomplete"], Content[..4000]);
        _hub.Options = _hub.Options with { FreeSpace = _ => 1002 };

        Assert.Equal(1002, (await _hub.PullAsync()).FetchedBytes);
    }

    [Fact]
    public async Task Offline_means_that_nobody_is_asked()
    {
        var client = new HubClient(_hub.Settings with { IsOffline = true });

        var exception = await Assert.ThrowsAsync<HubException>(() => client.PullAsync(_hub.Model));

        Assert.Equal("org/model: is not fetched, because HF_HUB_OFFLINE says that the network may not be used", exception.Message);
        Assert.Empty(_hub.Server.Requests);
    }
}
