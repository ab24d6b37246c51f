namespace NemotronH.Checkpoints.Hub;

/// <summary>A file of a repository as the Hub lists it.</summary>
/// <param name="Name">Its path, checked by <see cref="RepositoryPath"/>.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Digest">What its content must hash to.</param>
internal sealed record HubFile(string Name, long Size, ContentDigest Digest);
