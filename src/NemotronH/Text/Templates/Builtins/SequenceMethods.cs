using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Methods of lists, tuples and ranges.</summary>
internal static class SequenceMethods
{
    /// <summary>Finds a method, or <see langword="null"/>.</summary>
    public static FunctionValue? Find(TemplateValue sequence, string name) => name switch
    {
        "count" => new(name, (arguments, context) => Count(sequence, arguments.Required("value"), context)),
        "index" => new(name, (arguments, context) => Index(sequence, arguments, context)),
        "copy" when sequence is ListValue => new(name, (_, _) => sequence),
        _ => null,
    };

    private static IntegerValue Count(TemplateValue sequence, TemplateValue wanted, RenderContext context) =>
        new(Iteration.Of(sequence, context).Count(element => Equality.IsOrEquals(element, wanted, context)));

    private static IntegerValue Index(TemplateValue sequence, ArgumentReader arguments, RenderContext context)
    {
        TemplateValue wanted = arguments.Required("value");
        List<TemplateValue> elements = Iteration.ToList(sequence, context);
        int start = WithinEnds(arguments.Integer("start", 0), elements.Count);
        int stop = WithinEnds(arguments.Integer("stop", elements.Count), elements.Count);
        for (int i = start; i < stop; i++)
        {
            if (Equality.IsOrEquals(elements[i], wanted, context))
            {
                return new(i);
            }
        }

        throw new TemplateError($"{PythonText.Repr(wanted, context)} is not in {sequence.TypeName}");
    }

    private static int WithinEnds(int position, int count) => Math.Clamp(position < 0 ? position + count : position, 0, count);
}
