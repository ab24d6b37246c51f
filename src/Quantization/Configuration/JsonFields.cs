using System.Text.Json;

namespace NemotronH.Quantization;

/// <summary>Fields of a config file, with one-line errors that name file and field.</summary>
/// <param name="file">The file, for messages.</param>
/// <param name="path">The field that holds the object; empty for the document itself.</param>
/// <param name="value">The object.</param>
/// <param name="key">The object's key, where the field is a dictionary; kept apart because a field may have 41,100 of them and no message.</param>
internal readonly struct JsonFields(string file, string path, JsonElement value, string? key = null)
{
    /// <summary>The file, for messages.</summary>
    public string File { get; } = file;

    /// <summary>Takes an object.</summary>
    /// <exception cref="QuantizationException">It is something else.</exception>
    public static JsonFields Of(string file, string path, JsonElement value, string? key = null) => value.ValueKind == JsonValueKind.Object
        ? new JsonFields(file, path, value, key)
        : throw Unexpected(file, FullPath(path, key), value, "an object");

    /// <summary>The field's full name in its file.</summary>
    public string PathOf(string name) => path.Length == 0 ? name : $"{FullPath(path, key)}.{name}";

    /// <summary>A field, or null where it is missing or null.</summary>
    public JsonElement? Optional(string name) =>
        value.TryGetProperty(name, out JsonElement field) && field.ValueKind != JsonValueKind.Null ? field : null;

    public bool Has(string name) => Optional(name) is not null;

    public JsonFields? OptionalObject(string name) => Optional(name) is JsonElement field ? Of(File, PathOf(name), field) : null;

    public string? OptionalString(string name) => Optional(name) is not JsonElement field ? null
        : field.ValueKind == JsonValueKind.String ? field.GetString()
        : throw Unexpected(File, PathOf(name), field, "a string");

    public long? OptionalInteger(string name) => Optional(name) is not JsonElement field ? null
        : field.ValueKind == JsonValueKind.Number && field.TryGetInt64(out long number) ? number
        : throw Unexpected(File, PathOf(name), field, "an integer");

    public bool OptionalBoolean(string name) => Optional(name)?.ValueKind switch
    {
        null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw Unexpected(File, PathOf(name), Optional(name)!.Value, "true or false"),
    };

    /// <summary>A list of strings; empty where it is missing or null.</summary>
    public List<string> Strings(string name)
    {
        if (Optional(name) is not JsonElement field)
        {
            return [];
        }

        if (field.ValueKind != JsonValueKind.Array)
        {
            throw Unexpected(File, PathOf(name), field, "a list of strings");
        }

        var strings = new List<string>(field.GetArrayLength());
        foreach (JsonElement item in field.EnumerateArray())
        {
            strings.Add(item.ValueKind == JsonValueKind.String
                ? item.GetString()!
                : throw Unexpected(File, $"{PathOf(name)}[{strings.Count}]", item, "a string"));
        }

        return strings;
    }

    public JsonElement.ObjectEnumerator Properties() => value.EnumerateObject();

    public QuantizationException Error(string name, string problem) => new($"{File}: {PathOf(name)} {problem}.");

    private static string FullPath(string path, string? key) => key is null ? path : $"{path}[\"{key}\"]";

    private static QuantizationException Unexpected(string file, string path, JsonElement found, string expected) =>
        new($"{file}: {(path.Length == 0 ? "the document" : path)} is {Describe(found)}; expected {expected}.");

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => $"the number {value.GetRawText()}",
        _ => value.GetRawText(),
    };
}
