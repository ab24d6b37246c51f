namespace NemotronH.Checkpoints.Hub;

/// <summary>A model as it lies in the cache.</summary>
/// <param name="Directory">Where its files are, under their names.</param>
/// <param name="Commit">The commit they are of.</param>
/// <param name="Files">How many there are.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="FetchedBytes">How many bytes came over the network.</param>
public sealed record HubSnapshot(string Directory, string Commit, int Files, long Bytes, long FetchedBytes);
