using System.Numerics;

namespace NemotronH.Text.Templates.Values;

/// <summary>Python's <c>None</c>.</summary>
internal sealed class NoneValue : TemplateValue
{
    public static readonly NoneValue Instance = new();

    private NoneValue()
    {
    }

    /// <inheritdoc/>
    public override string TypeName => "NoneType";
}

/// <summary>Python's <c>True</c> and <c>False</c>, which count as the integers 1 and 0.</summary>
internal sealed class BooleanValue : TemplateValue
{
    public static readonly BooleanValue True = new(true);
    public static readonly BooleanValue False = new(false);

    private BooleanValue(bool value) => Value = value;

    public bool Value { get; }

    /// <inheritdoc/>
    public override string TypeName => "bool";

    public static BooleanValue Of(bool value) => value ? True : False;
}

/// <summary>An integer of any size.</summary>
internal sealed class IntegerValue(BigInteger value) : TemplateValue
{
    public BigInteger Value { get; } = value;

    /// <inheritdoc/>
    public override string TypeName => "int";
}

/// <summary>A double, infinite and NaN included.</summary>
internal sealed class FloatValue(double value) : TemplateValue
{
    public double Value { get; } = value;

    /// <inheritdoc/>
    public override string TypeName => "float";
}

/// <summary>A text.</summary>
/// <param name="text">The text; positions in it count code points, see <see cref="Python.CodePoints"/>.</param>
/// <param name="isMarkup">
/// Whether the filter <c>safe</c> or <c>escape</c> made it. Such a text escapes what is joined to it with <c>+</c> or by its methods,
/// though not with <c>~</c>.
/// </param>
internal sealed class StringValue(string text, bool isMarkup = false) : TemplateValue
{
    public static readonly StringValue Empty = new("");

    public string Text { get; } = text;

    public bool IsMarkup { get; } = isMarkup;

    /// <inheritdoc/>
    public override string TypeName => IsMarkup ? "Markup" : "str";
}
