using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Security;

/// <summary>
/// Refuses requests under a name that is not the server's: a page elsewhere that lets its own name point to this machine gets no further.
/// </summary>
/// <param name="next">What answers the request.</param>
/// <param name="options">The server's names.</param>
internal sealed class HostCheck(RequestDelegate next, ServerOptions options)
{
    private const string Anything = "*";

    private readonly bool _allowsAnything = options.AllowedHosts.Contains(Anything);
    private readonly StringSegment[] _names =
        [.. options.AllowedHosts.Where(name => name != Anything).Select(name => new StringSegment(name))];

    /// <summary>Answers a request, or refuses it with 400.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        HostString host = context.Request.Host;
        bool isAllowed = _allowsAnything || (host.HasValue && HostString.MatchesAny(host.Value, _names));
        return isAllowed ? next(context) : throw ApiException.Refused(
            400, $"the server is not known by the name '{host.Host}'", "invalid_host");
    }
}
