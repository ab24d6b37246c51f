using System.Text.Json;

namespace NemotronH.Configuration;

/// <summary>One field that a file has, and the ways to read it.</summary>
/// <remarks>Every reading throws <see cref="ConfigurationException"/> where the value is of another type or out of range.</remarks>
/// <param name="Origin">File name for messages.</param>
/// <param name="Name">The field's name as the file spells it, with the path of the object around it.</param>
/// <param name="Value">Its value, never null.</param>
internal readonly record struct JsonField(string Origin, string Name, JsonElement Value)
{
    /// <summary>Reads an integer of at least 1.</summary>
    public int Positive() => IntegerFrom(1, "a positive integer");

    /// <summary>Reads an integer of at least 0.</summary>
    public int NonNegative() => IntegerFrom(0, "a non-negative integer");

    /// <summary>Reads any 32-bit integer.</summary>
    public int Integer() => IntegerFrom(int.MinValue, "an integer");

    /// <summary>Reads true or false.</summary>
    public bool Flag() => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("true or false"),
    };

    /// <summary>Reads a string.</summary>
    public string Text() => JsonText.Text(Value) ?? throw Wrong("a string of Unicode text");

    /// <summary>Makes sure of a string that may have one value only.</summary>
    /// <param name="expected">That value.</param>
    public void MustBe(string expected)
    {
        if (Text() != expected)
        {
            throw new ConfigurationException($"{Origin}: field '{Name}' is {JsonText.Quote(Value)}; expected '{expected}'");
        }
    }

    /// <summary>Reads a finite number within bounds.</summary>
    /// <param name="expected">The bounds in words.</param>
    /// <param name="isWithin">Whether a finite number is within them.</param>
    public double Number(string expected, Func<double, bool> isWithin)
    {
        bool isFinite = Value.ValueKind == JsonValueKind.Number && double.IsFinite(Value.GetDouble());
        return isFinite && isWithin(Value.GetDouble()) ? Value.GetDouble() : throw Wrong(expected);
    }

    /// <summary>Reads a finite number above 0.</summary>
    public double PositiveNumber() => Number("a positive number", number => number > 0);

    /// <summary>The elements of a list as fields of their own.</summary>
    /// <param name="expected">What the field should have been, for the message.</param>
    public IEnumerable<JsonField> Elements(string expected)
    {
        if (Value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(expected);
        }

        JsonField list = this;
        return Value.EnumerateArray().Select((element, index) => new JsonField(list.Origin, $"{list.Name}[{index}]", element));
    }

    /// <summary>The complaint that this field's value is not what was expected.</summary>
    /// <param name="expected">What was expected, in words.</param>
    public ConfigurationException Wrong(string expected) =>
        new($"{Origin}: field '{Name}' is {JsonText.Describe(Value)}; expected {expected}");

    private int IntegerFrom(int minimum, string expected)
    {
        if (Value.ValueKind != JsonValueKind.Number)
        {
            throw Wrong(expected);
        }

        if (Value.TryGetInt32(out int number))
        {
            return number >= minimum ? number : throw Wrong(expected);
        }

        throw Wrong(Value.GetDouble() > int.MaxValue ? $"{expected} of at most {int.MaxValue}" : expected);
    }
}
