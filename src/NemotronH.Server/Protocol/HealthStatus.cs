namespace NemotronH.Server.Protocol;

/// <summary>How the server is.</summary>
/// <param name="Status"><c>ok</c> or <c>unavailable</c>.</param>
internal sealed record HealthStatus(string Status);
