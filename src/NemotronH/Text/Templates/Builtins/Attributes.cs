using System.Collections.Frozen;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>The attributes, methods mostly, that values have in Python.</summary>
internal static class Attributes
{
    /// <summary>Attributes of every object, which the sandbox closes.</summary>
    private static readonly FrozenSet<string> OfAnyObject = FrozenSet.Create(
        "__class__", "__delattr__", "__dir__", "__doc__", "__eq__", "__format__", "__ge__", "__getattribute__", "__getstate__", "__gt__", "__hash__",
        "__init__", "__init_subclass__", "__le__", "__lt__", "__ne__", "__new__", "__reduce__", "__reduce_ex__", "__repr__", "__setattr__",
        "__sizeof__", "__str__", "__subclasshook__");

    /// <summary>Methods that would change a value, which the sandbox closes too.</summary>
    private static readonly FrozenSet<string> ThatChangeLists =
        FrozenSet.Create("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");

    private static readonly FrozenSet<string> ThatChangeDicts = FrozenSet.Create("clear", "pop", "popitem", "setdefault", "update");

    private static readonly FrozenSet<string> OfNumbers = FrozenSet.Create(
        "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes", "fromhex", "hex", "imag", "is_integer",
        "numerator", "real", "to_bytes");

    /// <summary>Finds an attribute.</summary>
    /// <returns>The attribute; undefined where the sandbox closes it; <see langword="null"/> where the value's type has none of that name.</returns>
    public static TemplateValue? Find(TemplateValue value, string name) => value switch
    {
        _ when OfAnyObject.Contains(name) => UndefinedValue.Unsafe(value, name),
        NamespaceValue scope => scope.Members.GetValueOrDefault(name) is { } member ? Guard(value, name, member) : null,
        StringValue text => StringMethods.Find(text, name),
        ListValue list => ThatChangeLists.Contains(name) ? UndefinedValue.Unsafe(value, name) : SequenceMethods.Find(list, name),
        GroupValue group => group.FindAttribute(name) ?? SequenceMethods.Find(group, name),
        TupleValue or RangeValue => SequenceMethods.Find(value, name),
        DictValue dict => ThatChangeDicts.Contains(name) ? UndefinedValue.Unsafe(value, name) : DictMethods.Find(dict, name),
        LoopValue loop => loop.FindAttribute(name),
        MacroValue macro => macro.FindAttribute(name),
        CyclerValue cycler => cycler.FindAttribute(name),
        IntegerValue or BooleanValue or FloatValue when OfNumbers.Contains(name) => Unsupported(value, name),
        _ => null,
    };

    /// <summary>A method that Python has and this interpreter has not: it fails when it is called.</summary>
    public static FunctionValue Unsupported(TemplateValue value, string name) =>
        new(name, (_, _) => throw new TemplateError($"the method '{name}' of {value.TypeName} is not supported"));

    private static TemplateValue Guard(TemplateValue owner, string name, TemplateValue member) =>
        name.StartsWith('_') ? UndefinedValue.Unsafe(owner, name) : member;
}
