namespace NemotronH.Server.Errors;

/// <summary>The kinds of errors, and codes, that OpenAI's clients tell apart.</summary>
internal static class ErrorTypes
{
    public const string InvalidRequest = "invalid_request_error";
    public const string RateLimit = "rate_limit_error";
    public const string Server = "server_error";

    /// <summary>The code for a schema that cannot be kept to.</summary>
    public const string InvalidSchema = "invalid_schema";
}
