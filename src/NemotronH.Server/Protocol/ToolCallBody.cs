namespace NemotronH.Server.Protocol;

/// <summary>A tool call of the model, or a part of one in a stream.</summary>
/// <param name="Index">Its number in a stream; <see langword="null"/> in a whole answer.</param>
/// <param name="Id">Its id.</param>
/// <param name="Type">Always <c>function</c>.</param>
/// <param name="Function">What is called.</param>
internal sealed record ToolCallBody(int? Index, string? Id, string? Type, FunctionCall Function);
