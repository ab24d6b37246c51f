using System.Globalization;
using System.Text.Json;

namespace NemotronH.Text.Parsing;

/// <summary>Gives an argument that came as text the type that a JSON schema asks for. What does not fit stays text, so nothing is lost.</summary>
/// <remarks>The templates print Python's <c>True</c> and <c>None</c>, so models write them too.</remarks>
/// <param name="types">The types that its schema allows; see <see cref="ArgumentTypes"/>.</param>
internal sealed class ArgumentConverter(IReadOnlySet<string> types)
{
    private const double LargestExactInteger = 9007199254740991;

    /// <summary>Writes an argument.</summary>
    /// <param name="text">What the model wrote.</param>
    /// <param name="writer">Where to.</param>
    public void Write(string text, Utf8JsonWriter writer)
    {
        string trimmed = text.Trim();
        bool isWritten = (types.Contains("null") && WriteNull(trimmed, writer))
            || (types.Contains("integer") && WriteInteger(trimmed, writer))
            || (types.Contains("number") && WriteNumber(trimmed, writer))
            || (types.Contains("boolean") && WriteBoolean(trimmed, writer))
            || WriteStructure(trimmed, writer);
        if (!isWritten)
        {
            writer.WriteStringValue(text);
        }
    }

    private static bool WriteNull(string text, Utf8JsonWriter writer)
    {
        bool isNull = text is "null" or "None";
        if (isNull)
        {
            writer.WriteNullValue();
        }

        return isNull;
    }

    private static bool WriteInteger(string text, Utf8JsonWriter writer)
    {
        JsonElement? number = Parse(text);
        if (number is not { ValueKind: JsonValueKind.Number } value)
        {
            return false;
        }

        double approximate = value.GetDouble();
        if (text.AsSpan().IndexOfAny('.', 'e', 'E') < 0)
        {
            writer.WriteRawValue(text);
            return true;
        }

        bool isInteger = Math.Abs(approximate) <= LargestExactInteger && approximate == Math.Truncate(approximate);
        if (isInteger)
        {
            writer.WriteNumberValue((long)approximate);
        }

        return isInteger;
    }

    private static bool WriteNumber(string text, Utf8JsonWriter writer)
    {
        if (Parse(text) is { ValueKind: JsonValueKind.Number })
        {
            writer.WriteRawValue(text);
            return true;
        }

        // Spellings that are not JSON: .5, 1., +2.
        bool isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number);
        if (isNumber)
        {
            writer.WriteNumberValue(number);
        }

        return isNumber;
    }

    private static bool WriteBoolean(string text, Utf8JsonWriter writer)
    {
        bool isBoolean = bool.TryParse(text, out bool value);
        if (isBoolean)
        {
            writer.WriteBooleanValue(value);
        }

        return isBoolean;
    }

    private bool WriteStructure(string text, Utf8JsonWriter writer)
    {
        if (!types.Contains("object") && !types.Contains("array"))
        {
            return false;
        }

        JsonElement? value = Parse(text);
        bool fits = value?.ValueKind switch
        {
            JsonValueKind.Object => types.Contains("object"),
            JsonValueKind.Array => types.Contains("array"),
            _ => false,
        };
        if (!fits || CompactJson.Of(value!.Value) is not { } json)
        {
            return false;
        }

        writer.WriteRawValue(json);
        return true;
    }

    private static JsonElement? Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return null;
        }
    }
}
