using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Nodes;

/// <summary>What stands in the parentheses of a call, filter or test.</summary>
/// <param name="Positional">Arguments by position.</param>
/// <param name="Named">Arguments by name.</param>
/// <param name="Spread">What stands behind <c>*</c>, if anything.</param>
/// <param name="NamedSpread">What stands behind <c>**</c>, if anything.</param>
internal sealed record ArgumentList(
    IReadOnlyList<Expression> Positional,
    IReadOnlyList<KeyValuePair<string, Expression>> Named,
    Expression? Spread = null,
    Expression? NamedSpread = null)
{
    public static readonly ArgumentList Empty = new([], []);

    /// <summary>Computes the arguments.</summary>
    /// <exception cref="TemplateError">That fails, or a name is given twice.</exception>
    public CallArguments Evaluate(Frame frame)
    {
        List<TemplateValue> positional = [.. Positional.Select(argument => argument.Evaluate(frame))];
        List<KeyValuePair<string, TemplateValue>> named =
            [.. Named.Select(argument => KeyValuePair.Create(argument.Key, argument.Value.Evaluate(frame)))];
        if (Spread is not null)
        {
            positional.AddRange(Iteration.Of(Spread.Evaluate(frame), frame.Context));
        }

        if (NamedSpread is not null)
        {
            named.AddRange(NamedElements(NamedSpread.Evaluate(frame)));
        }

        string? twice = named.CountBy(argument => argument.Key).FirstOrDefault(count => count.Value > 1).Key;
        return twice is null ? new(positional, named) : throw new TemplateError($"the argument '{twice}' is given twice");
    }

    private static IEnumerable<KeyValuePair<string, TemplateValue>> NamedElements(TemplateValue value) => value is DictValue dict
        ? dict.Entries.Select(entry => KeyValuePair.Create(
            entry.Key is StringValue name ? name.Text : throw new TemplateError("keywords must be strings"), entry.Value))
        : throw new TemplateError($"the argument behind ** is of type {value.TypeName}; expected a mapping");
}
