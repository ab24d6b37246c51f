namespace NemotronH.Server.Requests;

/// <summary>Whether the model calls tools.</summary>
internal enum ToolChoiceMode
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>As it likes.</summary>
    Auto,

    /// <summary>It must.</summary>
    Required,
}
