using NemotronH.Checkpoints.Hub;

namespace NemotronH.Tests.Checkpoints.Hub.Support;

/// <summary>A Hub that is none, with one model, and an empty cache.</summary>
internal sealed class HubFixture : IAsyncDisposable
{
    public HubFixture() => Server = new StandInServer(Repository.Answer);

    public StandInRepository Repository { get; } = new();

    public StandInServer Server { get; }

    public TemporaryDirectory Directory { get; } = new();

    public string? Token { get; set; }

    public HubPullOptions Options { get; set; } = new() { RetryDelay = TimeSpan.Zero };

    public HubModelName Model { get; set; } = HubModelName.Parse(StandInRepository.Name);

    public HubSettings Settings => new()
    {
        Endpoint = Server.Address,
        Cache = new HubCache(Directory.Path),
        Token = Token,
        TokenSource = "HF_TOKEN",
    };

    public string this[string name] => Directory[$"models--org--model/{name}"];

    /// <summary>Requests for the content of a file.</summary>
    public IEnumerable<StandInRequest> RequestsFor(string name) => Server.Requests.Where(request => request.Target.EndsWith($"/{name}", StringComparison.Ordinal));

    /// <summary>Answers requests for one file in another way.</summary>
    /// <param name="name">The file.</param>
    /// <param name="answer">Told the request and how many there were before.</param>
    public void Answer(string name, Func<StandInRequest, int, StandInAnswer> answer)
    {
        int count = 0;
        Func<StandInRequest, StandInAnswer> others = Server.Answer;
        Server.Answer = request => request.Target.EndsWith($"/{name}", StringComparison.Ordinal)
            ? answer(request, Interlocked.Increment(ref count) - 1)
            : others(request);
    }

    public Task<HubSnapshot> PullAsync(IProgress<HubProgress>? progress = null, CancellationToken? cancellationToken = null) =>
        new HubClient(Settings).PullAsync(Model, Options, progress, cancellationToken ?? TestContext.Current.CancellationToken);

    /// <summary>The pull fails for a reason that fits on a line, and the cache holds nothing wrong.</summary>
    /// <returns>The reason.</returns>
    public async Task<string> FailAsync()
    {
        var exception = await Assert.ThrowsAsync<HubException>(() => PullAsync());
        Assert.DoesNotContain(exception.Message, char.IsControl);
        Assert.InRange(exception.Message.Length, 20, 400);
        AssertNothingWrong();
        Assert.Null(Settings.Cache.Find(Model));
        return exception.Message;
    }

    /// <summary>Whatever is in the cache is what its name says, or is unfinished.</summary>
    public void AssertNothingWrong()
    {
        string[] blobs = System.IO.Directory.Exists(this["blobs"]) ? System.IO.Directory.GetFiles(this["blobs"]) : [];
        foreach (string blob in blobs.Where(blob => !blob.EndsWith(".incomplete", StringComparison.Ordinal)))
        {
            byte[] content = File.ReadAllBytes(blob);
            Assert.Contains(Path.GetFileName(blob), new[] { StandInRepository.Sha256(content), StandInRepository.GitId(content) });
        }

        Assert.All(Directory.Contents(), entry => Assert.DoesNotContain(".tmp", entry));
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Dispose();
    }
}
