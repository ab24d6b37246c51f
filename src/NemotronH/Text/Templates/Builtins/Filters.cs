using System.Collections.Frozen;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Computes <c>value | filter(arguments)</c>.</summary>
internal delegate TemplateValue Filter(TemplateValue value, ArgumentReader arguments, RenderContext context);

/// <summary>The filters, by name.</summary>
internal static class Filters
{
    private static readonly FrozenDictionary<string, Filter> All = TextFilters.All
        .Concat(NumberFilters.All).Concat(SequenceFilters.All).Concat(SortingFilters.All).Concat(SelectionFilters.All).ToFrozenDictionary();

    /// <summary>Filters of Jinja2 that no chat template should need.</summary>
    private static readonly FrozenSet<string> NotSupported = FrozenSet.Create(
        "filesizeformat", "pprint", "random", "striptags", "urlencode", "urlize", "xmlattr");

    /// <summary>Whether Jinja2 has a filter of that name.</summary>
    public static bool Exist(string name) => All.ContainsKey(name) || NotSupported.Contains(name);

    /// <summary>The error of using a filter that is not there.</summary>
    public static string Complaint(string name) =>
        NotSupported.Contains(name) ? $"the filter '{name}' is not supported" : $"there is no filter named '{name}'";

    /// <summary>Applies a filter.</summary>
    /// <exception cref="TemplateError">There is none of that name, or it fails.</exception>
    public static TemplateValue Apply(string name, TemplateValue value, CallArguments arguments, RenderContext context)
    {
        Filter filter = All.GetValueOrDefault(name) ?? throw new TemplateError(Complaint(name));
        ArgumentReader reader = new($"the filter '{name}'", arguments);
        TemplateValue result = filter(value, reader, context);
        reader.End();
        return result;
    }
}
