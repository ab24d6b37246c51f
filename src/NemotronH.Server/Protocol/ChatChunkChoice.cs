using System.Text.Json.Serialization;

namespace NemotronH.Server.Protocol;

/// <summary>What is new of one of the answers in a stream.</summary>
/// <param name="Index">The answer's number.</param>
/// <param name="Delta">What is new.</param>
/// <param name="Logprobs">The new tokens' probabilities, where they were asked for.</param>
/// <param name="FinishReason">Why it ended; null as long as it goes on.</param>
internal sealed record ChatChunkChoice(
    int Index,
    AnswerDelta Delta,
    ChatLogProbs? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);
