using NemotronH.Checkpoints.Hub;
using NemotronH.Tests.Checkpoints.Hub.Support;

namespace NemotronH.Tests.Checkpoints.Hub;

/// <summary>A commit is found once all of its files have their names, and not before.</summary>
public sealed class HubSnapshotTests : IAsyncDisposable
{
    private readonly HubFixture _hub = new();

    private string Commit => _hub.Repository.Commit;

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Snapshot_that_was_not_ended_is_not_found_under_its_commit(bool copies)
    {
        _hub.Model = _hub.Model.At(Commit);
        _hub.Options = _hub.Options with { CopyAlways = copies };
        string inTheWay = _hub[$"{Commit}.incomplete/model.safetensors"];
        Directory.CreateDirectory(inTheWay);

        await Assert.ThrowsAnyAsync<NemotronHException>(() => _hub.PullAsync());

        Assert.True(File.Exists(_hub[$"{Commit}.incomplete/config.json"]));
        Assert.Null(_hub.Settings.Cache.Find(_hub.Model));
        Assert.False(Directory.Exists(_hub["snapshots"]));

        Directory.Delete(inTheWay);
        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Equal(0, snapshot.FetchedBytes);
        Assert.Equal(snapshot.Directory, _hub.Settings.Cache.Find(_hub.Model));
        Assert.Equal("{}", File.ReadAllText(Path.Join(snapshot.Directory, "config.json")));
        Assert.Equal(_hub.Repository.Files["model.safetensors"], File.ReadAllBytes(Path.Join(snapshot.Directory, "model.safetensors")));
        Assert.False(Directory.Exists(_hub[$"{Commit}.incomplete"]));
    }

    [Fact]
    public async Task Snapshot_that_another_program_began_is_completed_where_it_is()
    {
        Directory.CreateDirectory(_hub[$"snapshots/{Commit}"]);
        File.WriteAllText(_hub[$"snapshots/{Commit}/README.md"], "theirs");

        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Equal(
            ["README.md", "config.json", "model.safetensors"],
            Directory.GetFiles(snapshot.Directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        _hub.AssertNothingWrong();
    }

    [Fact]
    public async Task Directory_of_a_snapshot_names_its_model()
    {
        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Equal($"org/model@{Commit}", HubCache.ModelOf(snapshot.Directory)?.ToString());
        Assert.Equal($"org/model@{Commit}", HubCache.ModelOf(snapshot.Directory + Path.DirectorySeparatorChar)?.ToString());
        Assert.Null(HubCache.ModelOf(_hub["snapshots"]));
        Assert.Null(HubCache.ModelOf(_hub[$"blobs/{Commit}"]));
        Assert.Null(HubCache.ModelOf(_hub.Directory[$"other/snapshots/{Commit}"]));
        Assert.Null(HubCache.ModelOf(_hub.Directory[$"models--/snapshots/{Commit}"]));
    }
}
