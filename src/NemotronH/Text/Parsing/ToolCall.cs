namespace NemotronH.Text.Parsing;

/// <summary>The model calls a tool.</summary>
/// <param name="Id">The call's id where the model gave it one; whoever passes the call on makes one up else.</param>
/// <param name="Name">Name of the tool.</param>
/// <param name="Arguments">The arguments: a JSON object.</param>
public sealed record ToolCall(string? Id, string Name, string Arguments) : OutputEvent;
