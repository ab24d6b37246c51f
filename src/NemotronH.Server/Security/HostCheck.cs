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
    /// <summary>A name that stands for all.</summary>
    internal const string Anything = "*";

    /// <summary>Probes ask by address, and what they are told is no secret.</summary>
    private const string Health = "/health";

    private readonly bool _allowsAnything = options.AllowedHosts.Contains(Anything);
    private readonly StringSegment[] _names =
        [.. options.AllowedHosts.Where(name => name != Anything).Select(name => new StringSegment(name))];

    /// <summary>Answers a request, or refuses it with 400.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        HostString host = context.Request.Host;
        bool isAllowed = _allowsAnything || context.Request.Path.StartsWithSegments(Health) || (host.HasValue && HostString.MatchesAny(host.Value, _names));
        return isAllowed ? next(context) : throw ApiException.Refused(
            400, $"the server is not known by the name '{host.Host}'; its option --allowed-host adds names", "invalid_host");
    }
}
