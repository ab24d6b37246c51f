using NemotronH.Checkpoints.Hub;
using NemotronH.Tests.Checkpoints.Hub.Support;

namespace NemotronH.Tests.Checkpoints.Hub;

/// <summary>Whoever waits is told for what.</summary>
public sealed class HubProgressTests : IAsyncDisposable
{
    private readonly HubFixture _hub = new();
    private readonly List<HubProgress> _reports = [];

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Hashing_is_reported_byte_by_byte_before_anything_is_fetched()
    {
        await _hub.PullAsync();
        File.Delete(_hub[$"blobs/{_hub.Repository.Blob("config.json")}"]);
        _hub.Options = _hub.Options with { Verify = true };

        await _hub.PullAsync(new Listener(_reports.Add));

        HubProgress[] hashing = [.. _reports.TakeWhile(report => report.Stage == HubStage.Verifying)];
        Assert.Equal(new HubProgress(5000, 5000, 0, 1) { Stage = HubStage.Verifying }, hashing[0]);
        Assert.Equal(new HubProgress(5000, 5000, 1, 1) { Stage = HubStage.Verifying }, hashing[^1]);
        Assert.All(_reports.Skip(hashing.Length), report => Assert.Equal((HubStage.Fetching, 2L), (report.Stage, report.TotalBytes)));
        Assert.Equal(new HubProgress(2, 2, 2, 2), _reports[^1]);
    }

    [Fact]
    public async Task Waiting_for_another_program_is_reported_until_it_is_over()
    {
        string path = _hub.Directory[$".locks/models--org--model/{_hub.Repository.Blob("model.safetensors")}.lock"];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var held = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        await _hub.PullAsync(new Listener(report =>
        {
            _reports.Add(report);
            if (report.FilesAwaited == 1)
            {
                Assert.Empty(_hub.RequestsFor("model.safetensors"));
                held.Dispose();
            }
        }));

        Assert.Contains(_reports, report => report.FilesAwaited == 1);
        Assert.Equal(new HubProgress(5002, 5002, 2, 2), _reports[^1]);
    }

    private sealed class Listener(Action<HubProgress> listen) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => listen(value);
    }
}
