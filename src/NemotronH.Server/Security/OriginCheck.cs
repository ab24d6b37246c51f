using Microsoft.AspNetCore.Http;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Security;

/// <summary>
/// Refuses what a page of another origin asks a browser to send: browsers send it before they look whether the page may see the answer.
/// </summary>
/// <param name="next">What answers the request.</param>
/// <param name="options">The origins that may ask.</param>
internal sealed class OriginCheck(RequestDelegate next, ServerOptions options)
{
    /// <summary>Answers a request, or refuses it with 403.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        string origin = context.Request.Headers.Origin.ToString();
        string own = $"{context.Request.Scheme}://{context.Request.Host}";
        if (origin.Length > 0
            && !origin.Equals(own, StringComparison.OrdinalIgnoreCase)
            && !options.AllowedOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase))
        {
            throw ApiException.Refused(403, "pages of other origins may not ask this server", "origin_not_allowed");
        }

        return next(context);
    }
}
