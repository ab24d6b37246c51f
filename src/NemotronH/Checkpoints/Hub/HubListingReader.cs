using System.Text.Json;

namespace NemotronH.Checkpoints.Hub;

/// <summary>Reads what <c>/api/models/NAME/revision/REVISION?blobs=true</c> answers; all of it is a stranger's word.</summary>
/// <param name="model">The model that was asked for.</param>
internal sealed class HubListingReader(HubModelName model)
{
    private static readonly string[] Wanted = [".safetensors", ".json", ".jinja", ".txt"];

    /// <summary>Reads the answer.</summary>
    /// <exception cref="HubException">It is not what a Hub answers, or offers what must not be fetched.</exception>
    internal HubListing Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            string commit = Text(root, "sha");
            Require(HubModelName.IsCommit(commit), $"its commit is {Message.Quote(commit)}, expected 40 hexadecimal digits");
            Require(
                !HubModelName.IsCommit(model.Revision) || commit == model.Revision,
                $"answers with commit {commit}, expected the one that was asked for");
            HubFile[] files = [.. root.GetProperty("siblings").EnumerateArray().Where(IsWanted).Select(ReadFile)];
            Check(files);
            return new HubListing(commit, files);
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new HubException($"{model}: the Hub's list of files is not understood: {exception.Message}", exception);
        }
    }

    private static bool IsWanted(JsonElement file) =>
        Wanted.Any(extension => Text(file, "rfilename").EndsWith(extension, StringComparison.OrdinalIgnoreCase));

    private HubFile ReadFile(JsonElement file)
    {
        string name = Text(file, "rfilename");
        string? fault = RepositoryPath.Fault(name);
        Require(fault is null, $"offers a file {Message.Quote(name)}, whose name {fault}; nothing was fetched");
        bool isLarge = file.TryGetProperty("lfs", out JsonElement lfs) && lfs.ValueKind == JsonValueKind.Object;
        string hex = isLarge ? Text(lfs, "sha256") : Text(file, "blobId");
        Require(
            ContentDigest.IsDigest(hex, isLarge),
            $"gives {Message.Quote(name)} the hash {Message.Quote(hex)}, expected hexadecimal digits");
        long size = (isLarge ? lfs : file).GetProperty("size").GetInt64();
        Require(size >= 0, $"gives {Message.Quote(name)} a size of {size} bytes");
        return new HubFile(name, size, new ContentDigest(hex));
    }

    private void Check(HubFile[] files)
    {
        string[] names = [.. files.Select(file => file.Name)];
        Require(
            names.Contains(ModelFiles.Config) && names.Any(name => name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)),
            $"is no model in safetensors: expected {ModelFiles.Config} and *.safetensors among its files");
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        string? clash = names.FirstOrDefault(name => !taken.Add(name)) ?? names.FirstOrDefault(name => Parents(name).Any(taken.Contains));
        Require(clash is null, $"offers {Message.Quote(clash ?? "")}, whose name collides with another file's on some systems");
        UInt128 total = files.Aggregate(UInt128.Zero, (sum, file) => sum + (UInt128)file.Size);
        Require(total <= long.MaxValue, $"says that its files have {total} bytes");
        string? twoSizes = files.Distinct().GroupBy(file => file.Digest)
            .FirstOrDefault(same => same.Select(file => file.Size).Distinct().Count() > 1)?.First().Name;
        Require(twoSizes is null, $"gives one content two sizes, one of them in {Message.Quote(twoSizes ?? "")}");
    }

    private static IEnumerable<string> Parents(string name) =>
        Enumerable.Range(0, name.Length).Where(i => name[i] == '/').Select(i => name[..i]);

    private static string Text(JsonElement element, string property) => element.GetProperty(property).GetString()
        ?? throw new FormatException($"{property} is null");

    private void Require(bool condition, string fault)
    {
        if (!condition)
        {
            throw new HubException($"{model}: {fault}");
        }
    }
}
