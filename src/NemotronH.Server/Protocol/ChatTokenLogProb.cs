using System.Text.Json.Serialization;

namespace NemotronH.Server.Protocol;

/// <summary>A token and its probability.</summary>
/// <param name="Token">Its text; bytes that are no whole character show as U+FFFD.</param>
/// <param name="Logprob">Natural logarithm of its probability.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="TopLogprobs">The most likely tokens at its place; null within that list.</param>
internal sealed record ChatTokenLogProb(
    string Token,
    float Logprob,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<int>? Bytes,
    IReadOnlyList<ChatTokenLogProb>? TopLogprobs);
