using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Builtins;

/// <summary>Methods of dicts.</summary>
internal static class DictMethods
{
    /// <summary>Finds a method, or <see langword="null"/>.</summary>
    public static FunctionValue? Find(DictValue dict, string name) => name switch
    {
        "items" => new(name, (_, _) => new DictViewValue(dict, DictPart.Items)),
        "keys" => new(name, (_, _) => new DictViewValue(dict, DictPart.Keys)),
        "values" => new(name, (_, _) => new DictViewValue(dict, DictPart.Values)),
        "get" => new(name, (arguments, _) =>
        {
            TemplateValue key = arguments.Required("key");
            TemplateValue whenMissing = arguments.Optional("default") ?? NoneValue.Instance;
            return Members.FindKey(dict, key) ?? whenMissing;
        }),
        "copy" => new(name, (_, _) => dict),
        "fromkeys" => Attributes.Unsupported(dict, name),
        _ => null,
    };
}
