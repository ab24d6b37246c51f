using System.Text.Json.Serialization;

namespace NemotronH.Server.Protocol;

/// <summary>One of the answers to a chat request.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Message">The answer.</param>
/// <param name="Logprobs">Its tokens' probabilities, where they were asked for.</param>
/// <param name="FinishReason"><c>stop</c>, <c>length</c> or <c>tool_calls</c>.</param>
internal sealed record ChatChoice(
    int Index,
    AnswerMessage Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] ChatLogProbs? Logprobs,
    string FinishReason);
