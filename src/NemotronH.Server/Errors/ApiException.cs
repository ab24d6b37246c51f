namespace NemotronH.Server.Errors;

/// <summary>A request that is answered with an error.</summary>
internal sealed class ApiException : Exception
{
    private ApiException(int status, ApiError error)
        : base(error.Message)
    {
        Status = status;
        Error = error;
    }

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    /// <summary>What is answered.</summary>
    public ApiError Error { get; }

    /// <summary>Whether the server is at fault.</summary>
    public bool IsDefect => Status == 500;

    /// <summary>How long to wait before asking again, if that may help.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>The request is wrong: 400.</summary>
    /// <param name="param">The parameter at fault.</param>
    /// <param name="message">What was found and what was expected.</param>
    /// <param name="code">The same for programs.</param>
    public static ApiException BadRequest(string? param, string message, string code = "invalid_value") =>
        new(400, new ApiError(message, ErrorTypes.InvalidRequest, param, code));

    /// <summary>The request asks for more answers than it ever gets: 400.</summary>
    public static ApiException TooManyAnswers(string param, long answers, long most) =>
        BadRequest(param, $"the request asks for {answers} answers; expected at most {most}");

    /// <summary>The request is wrong, or not allowed.</summary>
    public static ApiException Refused(int status, string message, string code) =>
        new(status, new ApiError(message, ErrorTypes.InvalidRequest, null, code));

    /// <summary>The request is too large: 413.</summary>
    public static ApiException TooLarge(long mostBytes) =>
        Refused(413, $"the request is larger than {mostBytes} bytes", "request_too_large");

    /// <summary>There is no such model: 404.</summary>
    public static ApiException NoSuchModel(string model, string served)
    {
        string message = $"there is no model '{model}'; this server has '{served}'";
        return new ApiException(404, new ApiError(message, ErrorTypes.InvalidRequest, "model", "model_not_found"));
    }

    /// <summary>Too many are waiting already: 429.</summary>
    public static ApiException Busy(string message, TimeSpan retryAfter) =>
        new(429, new ApiError(message, ErrorTypes.RateLimit, null, "queue_full")) { RetryAfter = retryAfter };

    /// <summary>The server takes no more requests: 503.</summary>
    public static ApiException Stopping() =>
        new(503, new ApiError("the server is shutting down", ErrorTypes.Server, null, "shutting_down"))
        {
            RetryAfter = TimeSpan.FromSeconds(10),
        };

    /// <summary>A defect: 500. What it is stands in the log alone.</summary>
    public static ApiException Defect() =>
        new(500, new ApiError("the server failed to answer; its log says why", ErrorTypes.Server, null, "internal_error"));
}
