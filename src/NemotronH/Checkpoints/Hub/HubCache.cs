using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Hub;

/// <summary>
/// The models that were fetched, in the layout that Hugging Face's tools share: <c>models--org--name</c> with the contents under their hashes
/// in <c>blobs</c>, links to them under their names in <c>snapshots/COMMIT</c>, and the commit of each branch in <c>refs</c>.
/// </summary>
/// <param name="Directory">The directory that holds all models.</param>
public sealed record HubCache(string Directory)
{
    /// <summary>
    /// The cache that <c>HF_HUB_CACHE</c>, <c>HF_HOME</c> or <c>XDG_CACHE_HOME</c> name, by default <c>~/.cache/huggingface/hub</c>.
    /// </summary>
    /// <param name="variable">The value of a variable; <see langword="null"/> for the process's own.</param>
    public static HubCache FromEnvironment(Func<string, string?>? variable = null) =>
        new(new HubEnvironment(variable ?? Environment.GetEnvironmentVariable).CacheDirectory());

    /// <summary>Finds a model that was fetched; the network is not used.</summary>
    /// <param name="model">Which model, in which revision.</param>
    /// <returns>The directory of its files; <see langword="null"/> where it is not here.</returns>
    /// <exception cref="CheckpointException">The cache cannot be read.</exception>
    public string? Find(HubModelName model)
    {
        ArgumentNullException.ThrowIfNull(model);
        string repository = RepositoryDirectory(model);
        string? commit = HubModelName.IsCommit(model.Revision) ? model.Revision : ReadRef(Path.Join(repository, "refs", model.Revision));
        string? snapshot = commit is null ? null : Path.Join(repository, "snapshots", commit);
        return System.IO.Directory.Exists(snapshot) ? snapshot : null;
    }

    /// <summary>Names the model that a directory in a cache is a snapshot of, for a message about what is missing there.</summary>
    /// <param name="directory">Any directory.</param>
    /// <returns>The model in the snapshot's commit; <see langword="null"/> where the directory is none.</returns>
    internal static HubModelName? ModelOf(string directory) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)).Split(Path.DirectorySeparatorChar) is [.., var model, "snapshots", var commit]
        && HubModelName.IsCommit(commit)
        && HubModelName.OfDirectory(model) is { } name
            ? name.At(commit)
            : null;

    /// <summary>The directory of a model, all its revisions.</summary>
    internal string RepositoryDirectory(HubModelName model) => Path.Join(Path.GetFullPath(Directory), model.DirectoryName);

    /// <summary>The file that another program's lock on a blob is.</summary>
    internal string LockPath(HubModelName model, string blob) =>
        Path.Join(Path.GetFullPath(Directory), ".locks", model.DirectoryName, $"{blob}.lock");

    /// <summary>A file that holds anything but a commit leads nowhere.</summary>
    private static string? ReadRef(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string commit = FileAccessGuard.Reading(path, () => File.ReadAllText(path)).Trim();
        return HubModelName.IsCommit(commit) ? commit : null;
    }
}
