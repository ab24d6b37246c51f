using System.Collections.Frozen;
using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Decides <c>value is test(arguments)</c>.</summary>
internal delegate bool Test(TemplateValue value, ArgumentReader arguments, RenderContext context);

/// <summary>The tests, by name.</summary>
internal static class Tests
{
    private static readonly FrozenDictionary<string, Test> All = new Dictionary<string, Test>
    {
        ["boolean"] = (value, _, _) => value is BooleanValue,
        ["callable"] = (value, _, _) => value is CallableValue or UndefinedValue,
        ["defined"] = (value, _, _) => value is not UndefinedValue,
        ["divisibleby"] = (value, arguments, context) => Remainder(value, arguments.Required("num"), context, 0),
        ["escaped"] = (value, _, _) => value is StringValue { IsMarkup: true },
        ["even"] = (value, _, context) => Remainder(value, new IntegerValue(2), context, 0),
        ["false"] = (value, _, _) => value == BooleanValue.False,
        ["filter"] = (value, _, _) => value is StringValue name && Filters.Exist(name.Text),
        ["float"] = (value, _, _) => value is FloatValue,
        ["in"] = (value, arguments, context) => Members.Contains(arguments.Required("seq"), value, context),
        ["integer"] = (value, _, _) => value is IntegerValue,
        ["iterable"] = (value, _, _) => Iteration.IsPossible(value),
        ["lower"] = (value, _, context) => StringCaseMethods.IsLower(PythonText.Str(value, context)),
        ["mapping"] = (value, _, _) => value is DictValue,
        ["none"] = (value, _, _) => value is NoneValue,
        ["number"] = (value, _, _) => value is IntegerValue or FloatValue or BooleanValue,
        ["odd"] = (value, _, context) => Remainder(value, new IntegerValue(2), context, 1),
        ["sameas"] = (value, arguments, _) => IsSame(value, arguments.Required("other")),
        ["sequence"] = (value, _, _) => value is StringValue or SequenceValue or RangeValue or DictValue or UndefinedValue,
        ["string"] = (value, _, _) => value is StringValue,
        ["test"] = (value, _, _) => value is StringValue name && Exist(name.Text),
        ["true"] = (value, _, _) => value == BooleanValue.True,
        ["undefined"] = (value, _, _) => value is UndefinedValue,
        ["upper"] = (value, _, context) => StringCaseMethods.IsUpper(PythonText.Str(value, context)),
        ["=="] = (value, arguments, context) => Equality.Holds(value, arguments.Required("other"), context),
        ["!="] = (value, arguments, context) => !Equality.Holds(value, arguments.Required("other"), context),
        ["<"] = Order("<"),
        ["<="] = Order("<="),
        [">"] = Order(">"),
        [">="] = Order(">="),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> OtherNames = new Dictionary<string, string>
    {
        ["eq"] = "==",
        ["equalto"] = "==",
        ["ge"] = ">=",
        ["greaterthan"] = ">",
        ["gt"] = ">",
        ["le"] = "<=",
        ["lessthan"] = "<",
        ["lt"] = "<",
        ["ne"] = "!=",
    }.ToFrozenDictionary();

    /// <summary>Whether there is a test of that name.</summary>
    public static bool Exist(string name) => All.ContainsKey(name) || OtherNames.ContainsKey(name);

    /// <summary>The error of using a test that is not there.</summary>
    public static string Complaint(string name) => $"there is no test named '{name}'";

    /// <summary>Applies a test.</summary>
    /// <exception cref="TemplateError">There is none of that name, or it fails.</exception>
    public static bool Apply(string name, TemplateValue value, CallArguments arguments, RenderContext context)
    {
        Test test = All.GetValueOrDefault(OtherNames.GetValueOrDefault(name, name)) ?? throw new TemplateError(Complaint(name));
        ArgumentReader reader = new($"the test '{name}'", arguments);
        bool result = test(value, reader, context);
        reader.End();
        return result;
    }

    private static Test Order(string comparison) =>
        (value, arguments, context) => Ordering.Holds(comparison, value, arguments.Required("other"), context);

    private static bool Remainder(TemplateValue value, TemplateValue divisor, RenderContext context, int wanted) =>
        Equality.Holds(Arithmetic.Apply("%", value, divisor, context), new IntegerValue(wanted), context);

    /// <summary>Python compares identities; texts and numbers that are equal and of one type count as identical here.</summary>
    private static bool IsSame(TemplateValue value, TemplateValue other) =>
        ReferenceEquals(value, other)
        || (value.GetType() == other.GetType() && value is (StringValue or IntegerValue) && KeyComparer.Instance.Equals(value, other));
}
