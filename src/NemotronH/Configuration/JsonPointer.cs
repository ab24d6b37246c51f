using System.Text.Json;

namespace NemotronH.Configuration;

/// <summary>Follows a path within a JSON document (RFC 6901, as the fragment of a URI).</summary>
internal static class JsonPointer
{
    /// <summary>Whether a reference is to the document that it stands in.</summary>
    public static bool IsLocal(string reference) => reference == "#" || reference.StartsWith("#/", StringComparison.Ordinal);

    /// <summary>Finds what a local reference is to.</summary>
    /// <param name="document">The whole document.</param>
    /// <param name="reference"><c>#</c>, or <c>#/</c> and a path.</param>
    /// <returns>The value, or <see langword="null"/> where it leads nowhere.</returns>
    public static JsonElement? Find(JsonElement document, string reference)
    {
        JsonElement? element = document;
        foreach (string token in Uri.UnescapeDataString(reference).Split('/').Skip(1))
        {
            string name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            element = element is { } owner ? Enter(owner, name) : null;
        }

        return element;
    }

    private static JsonElement? Enter(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.Object => Member(element, name),
        JsonValueKind.Array => int.TryParse(name, out int index) && index >= 0 && index < element.GetArrayLength() ? element[index] : null,
        _ => null,
    };

    /// <summary>Unlike <see cref="JsonElement.TryGetProperty(string, out JsonElement)"/>, passes over names that are no text.</summary>
    private static JsonElement? Member(JsonElement owner, string name)
    {
        JsonElement? found = null;
        foreach (JsonProperty property in owner.EnumerateObject())
        {
            found = JsonText.Name(property) == name ? property.Value : found;
        }

        return found;
    }
}
