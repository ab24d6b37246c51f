namespace NemotronH.Server.Errors;

/// <summary>The kinds of errors that OpenAI's clients tell apart.</summary>
internal static class ErrorTypes
{
    public const string InvalidRequest = "invalid_request_error";
    public const string RateLimit = "rate_limit_error";
    public const string Server = "server_error";
}
