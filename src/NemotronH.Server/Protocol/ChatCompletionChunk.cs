namespace NemotronH.Server.Protocol;

/// <summary>A piece of the answer to a chat request.</summary>
/// <param name="Id">Id of the request.</param>
/// <param name="Created">When the answer began, in seconds since 1970.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Choices">What is new; empty in the last piece, which has the usage.</param>
/// <param name="Usage">The tokens, where they were asked for.</param>
internal sealed record ChatCompletionChunk(
    string Id, long Created, string Model, IReadOnlyList<ChatChunkChoice> Choices, Usage? Usage)
{
    /// <summary>What this is.</summary>
    public string Object { get; } = "chat.completion.chunk";
}
