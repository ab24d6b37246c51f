namespace NemotronH.Server.Endpoints;

/// <summary>A kind of request for answers of the model.</summary>
/// <param name="Operation">What OpenTelemetry calls it.</param>
/// <param name="IdPrefix">What the ids of its answers begin with.</param>
/// <param name="Prompt">Its parameter that holds what is asked.</param>
internal sealed record GenerationKind(string Operation, string IdPrefix, string Prompt)
{
    /// <summary><c>POST /v1/chat/completions</c>.</summary>
    internal static GenerationKind Chat { get; } = new("chat", "chatcmpl-", "messages");

    /// <summary><c>POST /v1/completions</c>.</summary>
    internal static GenerationKind Completion { get; } = new("text_completion", "cmpl-", "prompt");

    /// <summary>An id for an answer.</summary>
    internal string NewId() => $"{IdPrefix}{Guid.NewGuid():N}";
}
