using System.Text.Json;
using NemotronH.Configuration;

namespace NemotronH.Generation.Constraints.Schemas;

/// <summary>A schema, or a keyword's value, and where it stands.</summary>
/// <param name="Element">What stands there.</param>
/// <param name="Pointer">Where: a JSON pointer behind <c>#</c>.</param>
internal readonly record struct SchemaPlace(JsonElement Element, string Pointer)
{
    /// <summary>The error that something here is wrong.</summary>
    public JsonSchemaException Error(string message) => new($"response schema at {Pointer}: {message}");

    /// <summary>The value of a keyword, if it is there.</summary>
    public SchemaPlace? Find(string keyword) =>
        Element.TryGetProperty(keyword, out JsonElement value) ? new SchemaPlace(value, $"{Pointer}/{keyword}") : null;

    /// <summary>Whether a keyword is there.</summary>
    public bool Has(string keyword) => Element.TryGetProperty(keyword, out _);

    /// <summary>The names and values of an object.</summary>
    public List<(string Name, SchemaPlace Value)> Members()
    {
        Require(JsonValueKind.Object, "an object");
        List<(string Name, SchemaPlace Value)> members = [];
        foreach (JsonProperty property in Element.EnumerateObject())
        {
            string name = JsonText.Name(property) ?? throw Error("a name has an unpaired surrogate");
            string token = name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
            members.Add((name, new SchemaPlace(property.Value, $"{Pointer}/{token}")));
        }

        return members;
    }

    /// <summary>The items of a list that is not empty.</summary>
    public List<SchemaPlace> Items()
    {
        Require(JsonValueKind.Array, "a list");
        string pointer = Pointer;
        List<SchemaPlace> items = [.. Element.EnumerateArray().Select((item, index) => new SchemaPlace(item, $"{pointer}/{index}"))];
        return items.Count > 0 ? items : throw Error("is empty; expected at least one item");
    }

    /// <summary>The text of a string.</summary>
    public string Text() => JsonText.Text(Element) ?? throw Error($"is {JsonText.Describe(Element)}; expected a string");

    /// <summary>A keyword's value that is a number of things, or what holds without it.</summary>
    public int Count(string keyword, int otherwise)
    {
        if (Find(keyword) is not { } place)
        {
            return otherwise;
        }

        bool isCount = place.Element.ValueKind == JsonValueKind.Number && place.Element.TryGetDouble(out double value) && value >= 0 && value == Math.Floor(value);
        return isCount
            ? (int)Math.Min(place.Element.GetDouble(), int.MaxValue)
            : throw place.Error($"is {JsonText.Describe(place.Element)}; expected a whole number, 0 or more");
    }

    private void Require(JsonValueKind kind, string expected)
    {
        if (Element.ValueKind != kind)
        {
            throw Error($"is {JsonText.Describe(Element)}; expected {expected}");
        }
    }
}
