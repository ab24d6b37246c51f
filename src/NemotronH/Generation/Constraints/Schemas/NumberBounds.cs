using System.Text.Json;
using NemotronH.Configuration;
using NemotronH.Generation.Constraints.Automaton;

namespace NemotronH.Generation.Constraints.Schemas;

/// <summary>Compiles the bounds of numbers.</summary>
internal static class NumberBounds
{
    private const int IntegerDigits = 18;
    private const int DigitsBesideDecimals = 15;
    private const int Decimals = 10;

    /// <summary>Compiles the part of a schema that is about numbers.</summary>
    /// <exception cref="JsonSchemaException">A bound is no number, or no number that could be written lies between them.</exception>
    public static ValueNode Compile(SchemaPlace schema, bool isInteger)
    {
        string[] keywords = ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"];
        if (!keywords.Any(schema.Has))
        {
            return new NumberNode(isInteger);
        }

        int decimals = isInteger ? 0 : Decimals;
        decimal limit = (decimal)BoundedNumberNode.PowerOfTen(isInteger ? IntegerDigits : DigitsBesideDecimals) - 1;
        decimal[] bounds = [.. keywords.Select((keyword, index) => Read(schema, keyword, limit) ?? (index < 2 ? -limit : limit))];
        decimal one = (decimal)BoundedNumberNode.PowerOfTen(decimals);
        decimal low = Math.Max(decimal.Ceiling(bounds[0] * one), schema.Has(keywords[1]) ? decimal.Floor(bounds[1] * one) + 1 : decimal.MinValue);
        decimal high = Math.Min(decimal.Floor(bounds[2] * one), schema.Has(keywords[3]) ? decimal.Ceiling(bounds[3] * one) - 1 : decimal.MaxValue);
        return low <= high
            ? new BoundedNumberNode(decimals, (Int128)low, (Int128)high)
            : throw schema.Error($"there is no number of at most {decimals} decimals within the bounds");
    }

    /// <summary>A bound, brought into the range of what is written at all.</summary>
    private static decimal? Read(SchemaPlace schema, string keyword, decimal limit)
    {
        if (schema.Find(keyword) is not { } place)
        {
            return null;
        }

        if (place.Element.ValueKind != JsonValueKind.Number)
        {
            throw place.Error($"is {JsonText.Describe(place.Element)}; expected a number");
        }

        return place.Element.TryGetDecimal(out decimal value) ? Math.Clamp(value, -limit, limit) : place.Element.GetDouble() < 0 ? -limit : limit;
    }
}
