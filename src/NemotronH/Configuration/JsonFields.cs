using System.Text.Json;

namespace NemotronH.Configuration;

/// <summary>The fields of one JSON object, looked up by their usual name and its aliases. A field that is null counts as absent.</summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> _fields = [];
    private readonly string _path;

    /// <summary>Takes the fields of an object.</summary>
    /// <param name="value">The object.</param>
    /// <param name="origin">File name for messages.</param>
    /// <param name="path">The object's place in the file: empty, or a name that ends with a dot.</param>
    /// <exception cref="ConfigurationException"><paramref name="value"/> is no object.</exception>
    public JsonFields(JsonElement value, string origin, string path = "")
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigurationException($"{origin}: holds {JsonText.Describe(value)}; expected an object");
        }

        Origin = origin;
        _path = path;
        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (JsonText.Name(property) is { } name)
            {
                _fields[name] = property.Value;
            }
        }
    }

    /// <summary>File name for messages.</summary>
    public string Origin { get; }

    /// <summary>What is odd about the file but does no harm; one sentence each.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Looks for a field.</summary>
    /// <param name="names">Its usual name, then its aliases.</param>
    /// <returns>The field under the first of the names that the object has, or <see langword="null"/>.</returns>
    /// <exception cref="ConfigurationException">Two of the names are there with unequal values: which one holds would be a guess.</exception>
    public JsonField? Find(params ReadOnlySpan<string> names)
    {
        JsonField? found = null;
        foreach (string name in names)
        {
            if (!_fields.TryGetValue(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            var field = new JsonField(Origin, _path + name, value);
            if (found is { } first && !SameValue(first.Value, value))
            {
                throw new ConfigurationException($"{Origin}: fields '{first.Name}' ({JsonText.Describe(first.Value)}) and '{field.Name}' "
                    + $"({JsonText.Describe(value)}) disagree; expected one value");
            }

            found ??= field;
        }

        return found;
    }

    /// <summary>Looks for a field that must be there.</summary>
    /// <param name="names">Its usual name, then its aliases.</param>
    /// <returns>The field under the first of the names that the object has.</returns>
    /// <exception cref="ConfigurationException">It has none of them, or two with unequal values.</exception>
    public JsonField Demand(params ReadOnlySpan<string> names) => Find(names) ?? throw Missing(names);

    /// <summary>Makes sure that the object has no fields but known ones: a mistyped name would go unnoticed otherwise.</summary>
    /// <param name="known">Their names.</param>
    /// <exception cref="ConfigurationException">It has another.</exception>
    public void RefuseOthers(IReadOnlyCollection<string> known)
    {
        if (_fields.Keys.FirstOrDefault(name => !known.Contains(name)) is { } other)
        {
            throw new ConfigurationException(
                $"{Origin}: field '{JsonText.OneLine(_path + other)}' is unknown; expected {string.Join(", ", known)}");
        }
    }

    /// <summary>The complaint that a field is missing under all of its names.</summary>
    /// <param name="names">Its usual name, then its aliases.</param>
    public ConfigurationException Missing(params ReadOnlySpan<string> names)
    {
        string aliases = names.Length == 1 ? "" : $" (or '{string.Join("', '", names[1..]!)}')";
        return new ConfigurationException($"{Origin}: field '{_path}{names[0]}'{aliases} is missing");
    }

    // 128 and 128.0, or 1e-5 and 1e-05, are one number.
    private static bool SameValue(JsonElement left, JsonElement right) =>
        JsonText.Number(left) is { } number ? number.Equals(JsonText.Number(right)) : left.GetRawText() == right.GetRawText();
}
