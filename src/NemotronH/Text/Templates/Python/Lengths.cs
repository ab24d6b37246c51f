using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Python;

/// <summary>How many elements values have.</summary>
internal static class Lengths
{
    /// <summary>Python's <c>len(value)</c>, or <see langword="null"/> where the type has none.</summary>
    public static int? Find(TemplateValue value) => value switch
    {
        UndefinedValue => 0,
        StringValue text => CodePoints.Count(text.Text),
        SequenceValue sequence => sequence.Items.Count,
        DictValue dict => dict.Entries.Count,
        DictViewValue view => view.Dict.Entries.Count,
        RangeValue range => range.Count,
        LoopValue loop => loop.Length,
        _ => null,
    };
}
