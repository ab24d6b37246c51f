namespace NemotronH.Generation.Constraints;

/// <summary>A JSON schema that cannot be used as a response format.</summary>
public sealed class JsonSchemaException : RequestException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line that names the place in the schema, what was found and what is supported.</param>
    public JsonSchemaException(string message)
        : base(message)
    {
    }
}
