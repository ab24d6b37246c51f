using System.Text.Json.Serialization;

namespace NemotronH.Server.Errors;

/// <summary>What went wrong, in the form of OpenAI's API.</summary>
/// <param name="Message">One sentence for people.</param>
/// <param name="Type">The kind of error, such as <c>invalid_request_error</c>.</param>
/// <param name="Param">The parameter that is at fault, if one is, as in <c>messages[0].role</c>.</param>
/// <param name="Code">The same for programs, such as <c>unsupported_parameter</c>.</param>
internal sealed record ApiError(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code);
