using Microsoft.AspNetCore.Http;

namespace NemotronH.Server.Endpoints;

/// <summary>A file that lies within the program.</summary>
/// <param name="path">Where it is asked for.</param>
/// <param name="name">Its name.</param>
/// <param name="contentType">What it is.</param>
internal sealed class EmbeddedAsset(string path, string name, string contentType)
{
    private readonly Lazy<byte[]> _bytes = new(() => Read(name));

    /// <summary>The chat page and the description of the endpoints.</summary>
    internal static IReadOnlyList<EmbeddedAsset> All { get; } =
    [
        new("/", "chat.html", "text/html; charset=utf-8"),
        new("/chat.js", "chat.js", "text/javascript; charset=utf-8"),
        new("/chat.css", "chat.css", "text/css; charset=utf-8"),
        new("/openapi.json", "openapi.json", "application/json"),
    ];

    /// <summary>Where it is asked for.</summary>
    internal string Path { get; } = path;

    /// <summary>Sends it.</summary>
    public Task SendAsync(HttpContext context)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = _bytes.Value.Length;
        context.Response.Headers.CacheControl = "no-cache";
        return context.Response.Body.WriteAsync(_bytes.Value, 0, _bytes.Value.Length, context.RequestAborted);
    }

    private static byte[] Read(string name)
    {
        using Stream stream = typeof(EmbeddedAsset).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"'{name}' is not embedded.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
