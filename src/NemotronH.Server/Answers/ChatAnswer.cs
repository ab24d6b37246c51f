using System.Runtime.CompilerServices;
using NemotronH.Chat;
using NemotronH.Generation;
using NemotronH.Server.Protocol;
using NemotronH.Server.Serving;
using NemotronH.Server.Telemetry;

namespace NemotronH.Server.Answers;

/// <summary>One of the answers to a chat request, while it is made.</summary>
/// <param name="index">Its number.</param>
/// <param name="generation">What the model says.</param>
/// <param name="model">The model.</param>
/// <param name="meter">Measures it.</param>
internal sealed class ChatAnswer(int index, ChatGeneration generation, ServedModel model, AnswerMeter meter) : IAnswer<ChatPiece>
{
    private const string Stop = "stop";

    /// <summary>A stop to the metrics, which vLLM's engine counts it as.</summary>
    private const string ToolCalls = "tool_calls";

    /// <inheritdoc/>
    public GenerationUsage Usage => new(generation.Usage.PromptTokens, generation.Usage.CachedTokens, generation.Usage.CompletionTokens);

    /// <inheritdoc/>
    public int? ReasoningTokens => generation.Usage.ReasoningTokens;

    /// <inheritdoc/>
    public double? TimeToFirstToken => meter.TimeToFirstToken;

    /// <inheritdoc/>
    public string? FinishReason { get; private set; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatPiece> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            await foreach (ChatDelta delta in generation.ReadAllAsync(cancellationToken))
            {
                ChatTokenLogProb? logProb = delta.Token is null ? null : Measure(delta.Token);
                if (delta.Events.Count > 0 || logProb is not null)
                {
                    yield return new ChatPiece(index, delta.Events, logProb, null);
                }
            }

            FinishReason = NameOf(generation.Finish);
            yield return new ChatPiece(index, [], null, FinishReason);
        }
        finally
        {
            meter.End(FinishReason is ToolCalls ? Stop : FinishReason, Usage, generation.Timings);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => generation.DisposeAsync();

    private ChatTokenLogProb? Measure(GeneratedToken token)
    {
        meter.Token(generation.Timings);
        bool isEnd = token.FinishReason == Generation.FinishReason.Stop && model.Engine.EosTokenIds.Contains(token.Id);
        return token.LogProb is { } logProb && !isEnd
            ? Describe(new TokenLogProb(token.Id, logProb), [.. token.Top.Select(top => Describe(top, null))])
            : null;
    }

    private ChatTokenLogProb Describe(TokenLogProb token, IReadOnlyList<ChatTokenLogProb>? top) =>
        new(model.Tokens.Of(token.Id), token.LogProb, model.Tokens.BytesOf(token.Id), top);

    private static string NameOf(ChatFinish? finish) => finish switch
    {
        ChatFinish.Length => "length",
        ChatFinish.ToolCalls => ToolCalls,
        _ => Stop,
    };
}
