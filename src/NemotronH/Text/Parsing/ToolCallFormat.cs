namespace NemotronH.Text.Parsing;

/// <summary>How a model writes tool calls.</summary>
public enum ToolCallFormat
{
    /// <summary>It does not, or nobody asked for tools: whatever looks like a call is text.</summary>
    None,

    /// <summary>
    /// Nemotron 3: <c>&lt;tool_call&gt;&lt;function=NAME&gt;&lt;parameter=ARG&gt;VALUE&lt;/parameter&gt;&lt;/function&gt;&lt;/tool_call&gt;</c>, with line
    /// breaks between the tags.
    /// </summary>
    FunctionTags,

    /// <summary>Nemotron Nano v2: <c>&lt;TOOLCALL&gt;[{"name": ..., "arguments": {...}}]&lt;/TOOLCALL&gt;</c>.</summary>
    JsonList,
}
