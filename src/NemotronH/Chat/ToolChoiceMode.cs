namespace NemotronH.Chat;

/// <summary>What a model may do with the tools it is given.</summary>
public enum ToolChoiceMode
{
    /// <summary>It calls them or answers, as it sees fit.</summary>
    Auto,

    /// <summary>It answers.</summary>
    None,

    /// <summary>It calls one.</summary>
    Required,
}
