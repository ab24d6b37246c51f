namespace NemotronH.Text.Parsing;

/// <summary>Reads Nemotron 3's calls: function and parameter tags inside <c>&lt;tool_call&gt;</c>.</summary>
/// <remarks>
/// A value may hold anything, tags included: it ends at the first <c>&lt;/parameter&gt;</c> that another parameter or the function's end follows. Where
/// the model forgot that tag, it ends at the <c>&lt;/function&gt;</c> that <c>&lt;/tool_call&gt;</c> follows. A stream may end before <c>&lt;/tool_call&gt;</c>.
/// </remarks>
/// <param name="schemas">Types of the arguments.</param>
internal sealed class FunctionTagReader(ToolSchemas schemas) : IToolCallReader
{
    /// <inheritdoc/>
    public string OpeningTag => Tags.CallOpen;

    /// <inheritdoc/>
    public ToolCallReading Read(string text, bool isWhole)
    {
        MarkupCursor cursor = new(text, isWhole, OpeningTag.Length);
        if (cursor.Next(Tags.FunctionOpen) is not 0)
        {
            return cursor.IsShort ? ToolCallStatus.Undecided : ToolCallStatus.NotACall;
        }

        List<FunctionMarkup> functions = [];
        int? next = 0;
        while (next == 0)
        {
            if (ReadFunction(cursor) is not { } function)
            {
                return cursor.IsShort ? ToolCallStatus.Incomplete : ToolCallStatus.Malformed;
            }

            functions.Add(function);
            next = cursor.Next(Tags.FunctionOpen, Tags.CallClose);
        }

        if (next is null && !(isWhole && cursor.EndsIn(Tags.CallClose)))
        {
            return cursor.IsShort ? ToolCallStatus.Incomplete : ToolCallStatus.Malformed;
        }

        int length = next is null ? text.Length : cursor.Position;
        return new ToolCallReading(ToolCallStatus.Complete, length, [.. functions.Select(function => function.ToCall(schemas))]);
    }

    /// <summary>Reads a function behind its opening tag, up to and including its closing one.</summary>
    private static FunctionMarkup? ReadFunction(MarkupCursor cursor)
    {
        if (cursor.Name() is not { } name)
        {
            return null;
        }

        List<KeyValuePair<string, string>> arguments = [];
        while (true)
        {
            switch (cursor.Next(Tags.ParameterOpen, Tags.FunctionClose))
            {
                case 0 when cursor.Name() is { } parameter && cursor.Value() is { } value:
                    arguments.Add(new(parameter, value));
                    break;
                case 1:
                    return new(name, arguments);
                default:
                    return null;
            }
        }
    }
}
