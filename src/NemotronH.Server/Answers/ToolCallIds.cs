namespace NemotronH.Server.Answers;

/// <summary>Ids of tool calls to which the model gave none.</summary>
internal static class ToolCallIds
{
    /// <summary>A new one.</summary>
    internal static string New() => $"call_{Guid.NewGuid():N}";
}
