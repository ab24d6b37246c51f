using Microsoft.AspNetCore.Http;

namespace NemotronH.Server.Endpoints;

/// <summary>A request that was let in and understood, while it is answered.</summary>
/// <param name="Http">The request and its response.</param>
/// <param name="Id">The answer's id.</param>
/// <param name="CancellationToken">Cancelled when the client is gone or the server's patience is over.</param>
internal sealed record Exchange(HttpContext Http, string Id, CancellationToken CancellationToken)
{
    /// <summary>When it began, in seconds since 1970.</summary>
    internal long Created { get; } = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
}
