using System.Text.Json.Serialization;

namespace NemotronH.Server.Protocol;

/// <summary>One of the answers to a completion request, or in a stream what is new of it.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Text">The text.</param>
/// <param name="Logprobs">Its tokens' probabilities, where they were asked for.</param>
/// <param name="FinishReason"><c>stop</c> or <c>length</c>; null as long as it goes on.</param>
internal sealed record CompletionChoice(
    int Index,
    string Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] CompletionLogProbs? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);
