using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Which values count as true.</summary>
internal static class Truth
{
    /// <summary>Python's <c>bool(value)</c>.</summary>
    public static bool Of(TemplateValue value) => value switch
    {
        UndefinedValue or NoneValue => false,
        BooleanValue boolean => boolean.Value,
        IntegerValue integer => !integer.Value.IsZero,
        FloatValue number => number.Value != 0,
        _ => Lengths.Find(value) != 0,
    };
}
