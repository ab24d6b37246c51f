using System.Collections.Frozen;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>A method of Python's <c>str</c>.</summary>
/// <param name="text">The text whose method it is.</param>
/// <param name="arguments">Its arguments.</param>
/// <param name="context">The rendering.</param>
internal delegate TemplateValue StringMethod(string text, ArgumentReader arguments, RenderContext context);

/// <summary>Methods of texts.</summary>
internal static class StringMethods
{
    private static readonly FrozenDictionary<string, StringMethod> Methods =
        StringCaseMethods.All.Concat(StringSearchMethods.All).Concat(StringCutMethods.All).Concat(StringLayoutMethods.All).ToFrozenDictionary();

    private static readonly FrozenSet<string> NotSupported =
        FrozenSet.Create("encode", "format_map", "isidentifier", "maketrans", "translate");

    /// <summary>Finds a method, or <see langword="null"/>.</summary>
    public static FunctionValue? Find(StringValue text, string name)
    {
        if (!Methods.TryGetValue(name, out StringMethod? method))
        {
            return NotSupported.Contains(name) ? Attributes.Unsupported(text, name) : null;
        }

        return text.IsMarkup && MarkupMethods.Find(text, name, method) is { } marked
            ? marked
            : new(name, (arguments, context) => method(text.Text, arguments, context));
    }
}
