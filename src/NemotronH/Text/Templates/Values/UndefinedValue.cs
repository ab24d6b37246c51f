using NemotronH.Text.Templates.Python;

namespace NemotronH.Text.Templates.Values;

/// <summary>What a name or member that does not exist evaluates to: false, empty, prints nothing, and fails on any other use.</summary>
/// <param name="problem">What to say when it is used.</param>
internal sealed class UndefinedValue(string problem) : TemplateValue
{
    /// <inheritdoc/>
    public override string TypeName => "Undefined";

    /// <summary>A variable that was never set.</summary>
    public static UndefinedValue Variable(string name) => new($"'{name}' is undefined");

    /// <summary>A member that a value lacks.</summary>
    /// <param name="owner">The value.</param>
    /// <param name="member">Attribute or key.</param>
    public static UndefinedValue Member(TemplateValue owner, TemplateValue member)
    {
        string type = owner is NoneValue ? "None" : $"{owner.TypeName} object";
        return new(member switch
        {
            StringValue name => $"'{type}' has no attribute {PythonString.Repr(name.Text)}",
            IntegerValue position => $"{type} has no element {Numbers.Repr(position.Value)}",
            _ => $"{type} has no such element",
        });
    }

    /// <summary>A member that exists in Python but that a sandboxed template must not touch.</summary>
    public static UndefinedValue Unsafe(TemplateValue owner, string member) =>
        new($"access to attribute '{member}' of '{owner.TypeName}' object is unsafe");

    /// <summary>The error of using the value.</summary>
    public TemplateError Error() => new(problem);
}
