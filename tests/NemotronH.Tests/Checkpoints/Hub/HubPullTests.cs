using System.Text;
using NemotronH.Checkpoints.Hub;
using NemotronH.Tests.Checkpoints.Hub.Support;

namespace NemotronH.Tests.Checkpoints.Hub;

public sealed class HubPullTests : IAsyncDisposable
{
    private readonly HubFixture _hub = new();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Model_lies_in_the_layout_of_Hugging_Faces_tools()
    {
        // The hashes are those of `git hash-object` and of FIPS 180-4's example.
        _hub.Repository.Files["config.json"] = "hello\n"u8.ToArray();
        _hub.Repository.Files["model.safetensors"] = "abc"u8.ToArray();
        _hub.Repository.Files["more/chat_template.jinja"] = "hello\n"u8.ToArray();

        HubSnapshot snapshot = await _hub.PullAsync();

        const string git = "ce013625030ba8dba906f756967f9e9ca394464a";
        const string sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        string commit = new('c', 40);
        Assert.Equal(_hub[$"snapshots/{commit}"], snapshot.Directory);
        Assert.Equal(new HubSnapshot(snapshot.Directory, commit, 3, 15, 9), snapshot);
        Assert.Equal(
            [
                "blobs", $"blobs/{sha256}", $"blobs/{git}", "refs", "refs/main", "snapshots", $"snapshots/{commit}", $"snapshots/{commit}/config.json",
                $"snapshots/{commit}/model.safetensors", $"snapshots/{commit}/more", $"snapshots/{commit}/more/chat_template.jinja",
            ],
            ContentsOfModel());
        Assert.Equal($"../../blobs/{git}", LinkTarget("config.json"));
        Assert.Equal($"../../blobs/{sha256}", LinkTarget("model.safetensors"));
        Assert.Equal($"../../../blobs/{git}", LinkTarget("more/chat_template.jinja"));
        Assert.Equal("hello\n", File.ReadAllText(Path.Join(snapshot.Directory, "more/chat_template.jinja")));
        Assert.Equal(commit, File.ReadAllText(_hub["refs/main"]));
        Assert.Equal(snapshot.Directory, _hub.Settings.Cache.Find(_hub.Model));
    }

    [Fact]
    public async Task Only_files_that_a_model_is_run_from_are_fetched()
    {
        foreach (string name in new[] { "README.md", "modeling.py", "pytorch_model.bin", "model.gguf", ".gitattributes", "tokenizer.model", "../up.exe" })
        {
            _hub.Repository.Files[name] = [1];
        }

        foreach (string name in new[] { "tokenizer.json", "merges.txt", "chat_template.jinja" })
        {
            _hub.Repository.Files[name] = Encoding.ASCII.GetBytes(name);
        }

        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Equal(
            ["chat_template.jinja", "config.json", "merges.txt", "model.safetensors", "tokenizer.json"],
            Directory.GetFiles(snapshot.Directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        Assert.Equal(6, _hub.Server.Requests.Count);
    }

    [Fact]
    public async Task What_is_here_is_not_fetched_again()
    {
        await _hub.PullAsync();
        _hub.Server.Requests.Clear();

        HubSnapshot again = await _hub.PullAsync();

        Assert.Equal(0, again.FetchedBytes);
        Assert.StartsWith("/api/models/org/model/revision/main", Assert.Single(_hub.Server.Requests).Target);
    }

    [Fact]
    public async Task New_commit_shares_what_did_not_change()
    {
        HubSnapshot first = await _hub.PullAsync();
        _hub.Repository.Commit = new string('d', 40);
        _hub.Repository.Files["config.json"] = "{\"new\":1}"u8.ToArray();

        HubSnapshot second = await _hub.PullAsync();

        Assert.Equal(9, second.FetchedBytes);
        Assert.Equal("{}", File.ReadAllText(Path.Join(first.Directory, "config.json")));
        Assert.Equal("{\"new\":1}", File.ReadAllText(Path.Join(second.Directory, "config.json")));
        Assert.Equal(second.Directory, _hub.Settings.Cache.Find(_hub.Model));
    }

    [Fact]
    public async Task Revision_is_asked_for_and_found_under_its_name()
    {
        _hub.Model = HubModelName.Parse("org/model@refs/pr/1");

        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Equal("/api/models/org/model/revision/refs%2Fpr%2F1?blobs=true", _hub.Server.Requests.First().Target);
        Assert.Equal(snapshot.Directory, _hub.Settings.Cache.Find(_hub.Model));
        Assert.Equal(snapshot.Directory, _hub.Settings.Cache.Find(_hub.Model.At(snapshot.Commit)));
        Assert.Null(_hub.Settings.Cache.Find(HubModelName.Parse("org/model")));
    }

    [Fact]
    public async Task Commit_needs_no_ref()
    {
        _hub.Model = _hub.Model.At(_hub.Repository.Commit);

        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Equal(snapshot.Directory, _hub.Settings.Cache.Find(_hub.Model));
        Assert.False(Directory.Exists(_hub["refs"]));
    }

    [Fact]
    public async Task Names_with_odd_characters_arrive_as_they_are()
    {
        _hub.Repository.Files["a b#c%20.txt"] = "odd"u8.ToArray();

        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Equal("odd", File.ReadAllText(Path.Join(snapshot.Directory, "a b#c%20.txt")));
    }

    [Fact]
    public async Task Copies_take_the_place_of_links_that_cannot_be_made()
    {
        _hub.Options = _hub.Options with { CopyAlways = true };

        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Null(LinkTarget("model.safetensors"));
        Assert.Equal(_hub.Repository.Files["model.safetensors"], File.ReadAllBytes(Path.Join(snapshot.Directory, "model.safetensors")));
        _hub.AssertNothingWrong();
    }

    [Fact]
    public async Task Empty_file_is_made_without_asking()
    {
        _hub.Repository.Files["empty.txt"] = [];

        HubSnapshot snapshot = await _hub.PullAsync();

        Assert.Empty(File.ReadAllBytes(Path.Join(snapshot.Directory, "empty.txt")));
        Assert.Empty(_hub.RequestsFor("empty.txt"));
    }

    [Fact]
    public async Task Spoiled_file_is_found_by_verifying_and_fetched_again()
    {
        HubSnapshot snapshot = await _hub.PullAsync();
        string blob = _hub[$"blobs/{_hub.Repository.Blob("model.safetensors")}"];
        byte[] spoiled = File.ReadAllBytes(blob);
        spoiled[77] ^= 1;
        File.WriteAllBytes(blob, spoiled);
        _hub.Options = _hub.Options with { Verify = true };

        HubSnapshot again = await _hub.PullAsync();

        Assert.Equal(5000, again.FetchedBytes);
        Assert.Equal(_hub.Repository.Files["model.safetensors"], File.ReadAllBytes(Path.Join(snapshot.Directory, "model.safetensors")));
    }

    [Fact]
    public async Task Blob_of_a_wrong_size_is_fetched_again()
    {
        await _hub.PullAsync();
        File.WriteAllText(_hub[$"blobs/{_hub.Repository.Blob("config.json")}"], "{}?");

        Assert.Equal(2, (await _hub.PullAsync()).FetchedBytes);
        _hub.AssertNothingWrong();
    }

    [Fact]
    public async Task Progress_ends_with_every_byte_and_every_file()
    {
        for (int i = 0; i < 20; i++)
        {
            _hub.Repository.Files[$"model-{i}.safetensors"] = StandInRepository.Noise(1000 + i, seed: i);
        }

        var reports = new List<HubProgress>();
        await _hub.PullAsync(new Listener(reports.Add));

        long total = _hub.Repository.Files.Values.Sum(content => (long)content.Length);
        Assert.Equal(new HubProgress(total, total, 22, 22), reports[^1]);
        Assert.Equal(reports.Select(report => report.BytesDone).Order(), reports.Select(report => report.BytesDone));
    }

    [Fact]
    public async Task Two_pulls_at_once_fetch_everything_once()
    {
        HubSnapshot[] snapshots = await Task.WhenAll(_hub.PullAsync(), _hub.PullAsync());

        Assert.Equal(5002, snapshots.Sum(snapshot => snapshot.FetchedBytes));
        Assert.Single(_hub.RequestsFor("model.safetensors"));
        _hub.AssertNothingWrong();
    }

    private string? LinkTarget(string name) => new FileInfo(_hub[$"snapshots/{_hub.Repository.Commit}/{name}"]).LinkTarget;

    private string[] ContentsOfModel() =>
        [.. _hub.Directory.Contents().Where(entry => entry.StartsWith("models--org--model/", StringComparison.Ordinal)).Select(entry => entry["models--org--model/".Length..])];

    private sealed class Listener(Action<HubProgress> listen) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => listen(value);
    }
}
