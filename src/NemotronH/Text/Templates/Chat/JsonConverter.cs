using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Chat;

/// <summary>Turns JSON into values as Python's <c>json.loads</c> does: key order and the kinds of numbers stay.</summary>
internal static class JsonConverter
{
    /// <summary>Converts a JSON value; of a key that occurs twice the last value counts, at the first one's place.</summary>
    /// <exception cref="TemplateException">The value is nested too deeply, or an integer has too many digits.</exception>
    public static TemplateValue ToValue(JsonElement element)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateException("the request is nested too deeply");
        }

        return element.ValueKind switch
        {
            JsonValueKind.Object => ToDict(element),
            JsonValueKind.Array => new ListValue([.. element.EnumerateArray().Select(ToValue)]),
            JsonValueKind.String => new StringValue(JsonStrings.Read(element)),
            JsonValueKind.Number => ToNumber(element.GetRawText()),
            JsonValueKind.True => BooleanValue.True,
            JsonValueKind.False => BooleanValue.False,
            _ => NoneValue.Instance,
        };
    }

    private static DictValue ToDict(JsonElement element)
    {
        DictValue dict = new();
        foreach (JsonProperty property in element.EnumerateObject())
        {
            dict.Set(JsonStrings.ReadName(property), ToValue(property.Value));
        }

        return dict;
    }

    private static TemplateValue ToNumber(string spelling)
    {
        if (spelling.AsSpan().IndexOfAny('.', 'e', 'E') >= 0)
        {
            return new FloatValue(double.Parse(spelling, NumberStyles.Float, CultureInfo.InvariantCulture));
        }

        return spelling.TrimStart('-').Length <= Python.Numbers.MaxDigits
            ? new IntegerValue(BigInteger.Parse(spelling, CultureInfo.InvariantCulture))
            : throw new TemplateException($"a number in the request has {spelling.Length} digits; expected at most {Python.Numbers.MaxDigits}");
    }
}
