namespace NemotronH.Server.Requests;

/// <summary>Forms that an answer may have to have.</summary>
internal enum ResponseFormatKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>A JSON object.</summary>
    JsonObject,

    /// <summary>JSON that a schema describes.</summary>
    JsonSchema,
}
