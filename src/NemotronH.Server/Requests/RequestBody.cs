using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Requests;

/// <summary>Reads the JSON object that a request consists of.</summary>
internal static class RequestBody
{
    private const long DrainedBytes = 64 << 20;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>Reads the whole body.</summary>
    /// <returns>The document; the caller disposes of it when nothing of the request is used any more.</returns>
    /// <exception cref="ApiException">The body is no JSON, none was announced, or it is too large.</exception>
    internal static async Task<JsonDocument> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        // Browsers send other types for pages of anybody without asking first.
        if (!request.HasJsonContentType())
        {
            throw ApiException.Refused(
                415, "the request's content type is not JSON; expected 'Content-Type: application/json'", "unsupported_media_type");
        }

        RefuseIfTooLarge(request);
        try
        {
            return await JsonDocument.ParseAsync(request.Body, Strict, cancellationToken);
        }
        catch (JsonException exception)
        {
            string place = exception.LineNumber is { } line ? $" at line {line + 1}, byte {exception.BytePositionInLine + 1}" : "";
            throw ApiException.BadRequest(null, $"the request is not valid JSON{place}", "invalid_json");
        }
    }

    /// <summary>
    /// A client that is still sending sees a connection that ends before it sees the answer: what is not absurdly large the web server therefore goes
    /// on reading for a few seconds, and looks at nothing of it.
    /// </summary>
    private static void RefuseIfTooLarge(HttpRequest request)
    {
        var limit = request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (limit?.MaxRequestBodySize is { } most && request.ContentLength > most)
        {
            if (!limit.IsReadOnly)
            {
                limit.MaxRequestBodySize = Math.Max(most, DrainedBytes);
            }

            throw ApiException.TooLarge(most);
        }
    }
}
