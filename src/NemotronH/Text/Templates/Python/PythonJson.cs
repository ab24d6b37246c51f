using System.Globalization;
using System.Text;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>Python's <c>json.dumps</c>.</summary>
/// <param name="context">The rendering.</param>
internal sealed class PythonJson(RenderContext context)
{
    private readonly OutputBuffer _output = new(context.Budget);

    /// <summary>Whether to escape everything beyond ASCII.</summary>
    public bool EnsureAscii { get; init; }

    /// <summary>What to indent by, level by level; <see langword="null"/> puts everything on one line.</summary>
    public string? Indent { get; init; }

    /// <summary>Whether to sort mappings by key.</summary>
    public bool SortKeys { get; init; }

    /// <summary>What stands between elements.</summary>
    public string ItemSeparator { get; init; } = ", ";

    /// <summary>What stands between key and value.</summary>
    public string KeySeparator { get; init; } = ": ";

    /// <summary>Writes a value as JSON.</summary>
    /// <exception cref="TemplateError">The value, or something in it, has no JSON form.</exception>
    public string Serialize(TemplateValue value)
    {
        Write(value, 0);
        return _output.ToString();
    }

    private void Write(TemplateValue value, int level)
    {
        RenderBudget.RequireStack();
        context.Budget.Spend();
        switch (value)
        {
            case StringValue text:
                WriteText(text.Text);
                break;
            case SequenceValue sequence:
                WriteAll("[", "]", sequence.Items, level, element => Write(element, level + 1));
                break;
            case DictValue dict:
                WriteAll("{", "}", Entries(dict), level, entry =>
                {
                    WriteText(KeyText(entry.Key));
                    _output.Write(KeySeparator);
                    Write(entry.Value, level + 1);
                });
                break;
            default:
                _output.Write(Scalar(value) ?? throw new TemplateError($"Object of type {value.TypeName} is not JSON serializable"));
                break;
        }
    }

    private void WriteAll<T>(string open, string close, IReadOnlyCollection<T> elements, int level, Action<T> write)
    {
        _output.Write(open);
        bool first = true;
        foreach (T element in elements)
        {
            _output.Write(first ? "" : ItemSeparator);
            BreakLine(level + 1);
            write(element);
            first = false;
        }

        if (!first)
        {
            BreakLine(level);
        }

        _output.Write(close);
    }

    private void BreakLine(int level)
    {
        if (Indent is not null)
        {
            _output.Write("\n");
            context.Budget.SpendText((long)Indent.Length * level);
            _output.Write(string.Concat(Enumerable.Repeat(Indent, level)));
        }
    }

    private IReadOnlyCollection<KeyValuePair<TemplateValue, TemplateValue>> Entries(DictValue dict)
    {
        if (!SortKeys)
        {
            return dict.Entries;
        }

        List<TemplateValue> keys = Ordering.Sort(dict.Entries.Select(entry => entry.Key), key => key, reverse: false, context);
        return [.. keys.Select(key => KeyValuePair.Create(key, dict.Find(key)!))];
    }

    private static string KeyText(TemplateValue key) => key is StringValue text ? text.Text : Scalar(key)!;

    private static string? Scalar(TemplateValue value) => value switch
    {
        NoneValue => "null",
        BooleanValue boolean => boolean.Value ? "true" : "false",
        IntegerValue integer => Numbers.Repr(integer.Value),
        FloatValue { Value: double.PositiveInfinity } => "Infinity",
        FloatValue { Value: double.NegativeInfinity } => "-Infinity",
        FloatValue { Value: double.NaN } => "NaN",
        FloatValue number => PythonFloat.Repr(number.Value),
        _ => null,
    };

    private void WriteText(string text)
    {
        StringBuilder literal = new(text.Length + 2);
        literal.Append('"');
        foreach (char character in text)
        {
            _ = character switch
            {
                '"' => literal.Append("\\\""),
                '\\' => literal.Append(@"\\"),
                '\n' => literal.Append(@"\n"),
                '\r' => literal.Append(@"\r"),
                '\t' => literal.Append(@"\t"),
                '\b' => literal.Append(@"\b"),
                '\f' => literal.Append(@"\f"),
                < ' ' => literal.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                > '~' when EnsureAscii => literal.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => literal.Append(character),
            };
        }

        _output.Write(literal.Append('"').ToString());
    }
}
