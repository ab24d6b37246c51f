namespace NemotronH.Server.Protocol;

/// <summary>The answer to a completion request, or a piece of it.</summary>
/// <param name="Id">Id of the request.</param>
/// <param name="Created">When, in seconds since 1970.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Choices">The answers.</param>
/// <param name="Usage">The tokens.</param>
internal sealed record Completion(string Id, long Created, string Model, IReadOnlyList<CompletionChoice> Choices, Usage? Usage)
{
    /// <summary>What this is.</summary>
    public string Object { get; } = "text_completion";
}
