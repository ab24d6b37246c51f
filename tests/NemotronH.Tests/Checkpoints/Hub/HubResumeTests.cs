using NemotronH.Checkpoints.Hub;
using NemotronH.Tests.Checkpoints.Hub.Support;

namespace NemotronH.Tests.Checkpoints.Hub;

public sealed class HubResumeTests : IAsyncDisposable
{
    private const string Weights = "model.safetensors";

    private readonly HubFixture _hub = new();

    private byte[] Content => _hub.Repository.Files[Weights];

    private string Partial => _hub[$"blobs/{_hub.Repository.Blob(Weights)}.incomplete"];

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Broken_connection_is_gone_on_with_where_it_broke()
    {
        _hub.Answer(Weights, (request, count) => StandInRepository.Content(Content, request) with { BreakAfter = count < 3 ? 1000 : null });

        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Equal(5002, snapshot.FetchedBytes);
        Assert.Equal([null, "bytes=1000-", "bytes=2000-", "bytes=3000-"], _hub.RequestsFor(Weights).Select(request => request.Header("Range")));
        string tag = $"\"{StandInRepository.Sha256(Content)[..8]}\"";
        Assert.Equal([null, tag, tag, tag], _hub.RequestsFor(Weights).Select(request => request.Header("If-Range")));
        AssertRight(snapshot);
    }

    [Fact]
    public async Task Breaks_without_end_are_borne_as_long_as_something_comes()
    {
        _hub.Answer(Weights, (request, _) => StandInRepository.Content(Content, request) with { BreakAfter = 200 });

        AssertRight(await _hub.PullAsync());
        Assert.Equal(25, _hub.RequestsFor(Weights).Count());
    }

    [Fact]
    public async Task Silence_is_a_broken_connection()
    {
        _hub.Options = _hub.Options with { StallTimeout = TimeSpan.FromMilliseconds(500) };
        _hub.Answer(Weights, (request, count) => StandInRepository.Content(Content, request) with { SilentAfter = count == 0 ? 1000 : null });

        AssertRight(await _hub.PullAsync());
        Assert.Equal(1000, _hub.RequestsFor(Weights).Last().RangeStart);
    }

    [Fact]
    public async Task Interruption_leaves_the_beginning_and_nothing_else()
    {
        _hub.Answer(Weights, (request, count) => StandInRepository.Content(Content, request) with { SilentAfter = count == 0 ? 3000 : null });
        using var interruption = new CancellationTokenSource();
        var whenEnough = new WhenEnough(3002, interruption);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _hub.PullAsync(whenEnough, interruption.Token));

        Assert.Equal(
            new[] { _hub.Repository.Blob("config.json"), Path.GetFileName(Partial) }.Order(StringComparer.Ordinal),
            Directory.GetFiles(_hub["blobs"]).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.Equal(Content[..3000], File.ReadAllBytes(Partial));
        Assert.False(Directory.Exists(_hub["snapshots"]));
        Assert.False(Directory.Exists(_hub["refs"]));

        HubSnapshot snapshot = await _hub.PullAsync();
        Assert.Equal(2000, snapshot.FetchedBytes);
        AssertRight(snapshot);
    }

    [Fact]
    public async Task Server_that_knows_no_ranges_sends_it_all_again()
    {
        _hub.Answer(Weights, (_, count) => new StandInAnswer(200, Content) { BreakAfter = count == 0 ? 1000 : null });

        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Equal(6002, snapshot.FetchedBytes);
        AssertRight(snapshot);
    }

    [Theory]
    [InlineData("bytes 0-4999/5000")]
    [InlineData("bytes 999-4999/5000")]
    [InlineData("bytes 1000-4998/5000")]
    [InlineData("bytes 1000-4999/5001")]
    [InlineData("bytes */5000")]
    [InlineData("lines 1000-4999/5000")]
    [InlineData(null)]
    public async Task Answer_for_another_range_is_not_taken(string? range)
    {
        Begin(Content[..1000]);
        _hub.Answer(Weights, (request, _) => request.RangeStart is null ? StandInRepository.Content(Content, request) : new StandInAnswer(206, Content[1000..])
        {
            Headers = range is null ? [] : [("Content-Range", range)],
        });

        AssertRight(await _hub.PullAsync());
        Assert.Equal([1000, null], _hub.RequestsFor(Weights).Select(request => request.RangeStart));
    }

    [Fact]
    public async Task Other_bytes_than_the_range_says_are_noticed_and_all_is_fetched_again()
    {
        Begin(Content[..1000]);
        _hub.Answer(Weights, (request, _) => request.RangeStart is null ? StandInRepository.Content(Content, request) : new StandInAnswer(206, Content[..4000])
        {
            Headers = [("Content-Range", "bytes 1000-4999/5000")],
        });

        AssertRight(await _hub.PullAsync());
        Assert.Equal([1000, null], _hub.RequestsFor(Weights).Select(request => request.RangeStart));
    }

    [Fact]
    public async Task Range_that_is_refused_is_not_asked_for_again()
    {
        Begin(Content[..1000]);
        _hub.Answer(Weights, (request, _) => request.RangeStart is null ? StandInRepository.Content(Content, request) : StandInAnswer.Text(416));

        AssertRight(await _hub.PullAsync());
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(5000)]
    [InlineData(6000)]
    public async Task Beginning_of_something_else_is_noticed_and_all_is_fetched_again(int length)
    {
        Begin(StandInRepository.Noise(length, seed: 99));

        HubSnapshot snapshot = await _hub.PullAsync();

        AssertRight(snapshot);
        Assert.Null(_hub.RequestsFor(Weights).Last().RangeStart);
    }

    [Fact]
    public async Task Whole_content_that_lacks_its_name_only_is_taken()
    {
        Begin(Content);

        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Equal(2, snapshot.FetchedBytes);
        AssertRight(snapshot);
    }

    [Fact]
    public async Task File_that_changes_between_two_pieces_is_refused()
    {
        byte[] other = StandInRepository.Noise(5000, seed: 2);
        _hub.Answer(Weights, (request, count) => StandInRepository.Content(count == 0 ? Content : other, request) with { BreakAfter = count == 0 ? 1000 : null });

        string message = await _hub.FailAsync();

        Assert.Equal(
            $"org/model: model.safetensors: what {_hub.Server.Address.Authority} sends has the sha256 {StandInRepository.Sha256(other)}, "
            + $"expected {StandInRepository.Sha256(Content)}; it was thrown away",
            message);
        Assert.False(File.Exists(Partial));
    }

    private void Begin(byte[] content)
    {
        Directory.CreateDirectory(_hub["blobs"]);
        File.WriteAllBytes(Partial, content);
    }

    private void AssertRight(HubSnapshot snapshot)
    {
        Assert.Equal(Content, File.ReadAllBytes(Path.Join(snapshot.Directory, Weights)));
        Assert.False(File.Exists(Partial));
        _hub.AssertNothingWrong();
    }

    private sealed class WhenEnough(long bytes, CancellationTokenSource interruption) : IProgress<HubProgress>
    {
        public void Report(HubProgress value)
        {
            if (value.BytesDone >= bytes && value.FilesDone == 1)
            {
                interruption.Cancel();
            }
        }
    }
}
