using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NemotronH.Text.Parsing;

/// <summary>JSON as tool calls give it: without white space, and with letters of all scripts as they are.</summary>
internal static class CompactJson
{
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a value.</summary>
    /// <returns>The JSON, or <see langword="null"/> where a string of it escapes half a surrogate pair, which is no text.</returns>
    public static string? Of(JsonElement element)
    {
        using MemoryStream buffer = new();
        try
        {
            using Utf8JsonWriter writer = new(buffer, Options);
            element.WriteTo(writer);
        }
        catch (InvalidOperationException)
        {
            return null;
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
