namespace NemotronH.Server.Protocol;

/// <summary>Which release of the server answers.</summary>
/// <param name="Version">Its number, as in <c>1.2.3</c>.</param>
internal sealed record VersionInfo(string Version);
