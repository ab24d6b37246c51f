namespace NemotronH.Server.Protocol;

/// <summary>A function and its arguments.</summary>
/// <param name="Name">The function.</param>
/// <param name="Arguments">JSON text of an object.</param>
internal sealed record FunctionCall(string? Name, string Arguments);
