using Microsoft.AspNetCore.Http;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Security;

/// <summary>Lets requests through that carry a key: <c>Authorization: Bearer KEY</c>.</summary>
/// <param name="next">What answers the request.</param>
/// <param name="keys">The keys.</param>
internal sealed class ApiKeyCheck(RequestDelegate next, ApiKeyRing keys)
{
    private const string Scheme = "Bearer ";

    /// <summary>Answers a request, or refuses it with 401.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        bool isOpen = context.GetEndpoint()?.Metadata.GetMetadata<OpenEndpoint>() is not null;
        if (keys.IsNeeded && !isOpen)
        {
            Check(context);
        }

        return next(context);
    }

    private void Check(HttpContext context)
    {
        string?[] headers = [.. context.Request.Headers.Authorization];
        bool hasKey = headers is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);
        if (!hasKey || !keys.Opens(headers[0]![Scheme.Length..].Trim()))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            throw ApiException.Refused(
                401,
                hasKey ? "the API key is not known here" : "there is no API key; expected 'Authorization: Bearer KEY'",
                "invalid_api_key");
        }
    }
}
