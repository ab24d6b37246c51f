namespace NemotronH.Checkpoints.Hub;

/// <summary>What a revision of a repository holds.</summary>
/// <param name="Commit">The commit that the revision names now.</param>
/// <param name="Files">The files that are worth fetching.</param>
internal sealed record HubListing(string Commit, IReadOnlyList<HubFile> Files);
