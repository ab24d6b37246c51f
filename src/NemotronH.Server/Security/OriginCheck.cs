using Microsoft.AspNetCore.Http;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Security;

/// <summary>
/// Refuses what a page of another origin asks a browser to send: browsers send it before they look whether the page may see the answer. What is the
/// server's own page the browser says itself (Sec-Fetch-Site, where the connection is trusted), or it has the name that the request is for; the scheme is
/// not compared, which a gateway in front may have changed.
/// </summary>
/// <param name="next">What answers the request.</param>
/// <param name="options">The origins that may ask.</param>
internal sealed class OriginCheck(RequestDelegate next, ServerOptions options)
{
    /// <summary>Answers a request, or refuses it with 403.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        string origin = context.Request.Headers.Origin.ToString();
        return origin.Length == 0 || IsOwn(origin, context.Request) || options.AllowedOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase)
            ? next(context)
            : throw ApiException.Refused(403, "pages of other origins may not ask this server", "origin_not_allowed");
    }

    private static bool IsOwn(string origin, HttpRequest request)
    {
        string site = request.Headers["Sec-Fetch-Site"].ToString();
        return site.Length > 0
            ? site == "same-origin"
            : Uri.TryCreate(origin, UriKind.Absolute, out Uri? page) && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }
}
