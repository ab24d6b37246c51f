using System.Runtime.CompilerServices;
using NemotronH.Generation;
using NemotronH.Server.Protocol;
using NemotronH.Server.Telemetry;

namespace NemotronH.Server.Answers;

/// <summary>One of the answers to a completion request, while it is made.</summary>
/// <param name="index">Its number.</param>
/// <param name="prompt">The prompt's text where the answer begins with it; <see langword="null"/> else.</param>
/// <param name="generation">What the model says.</param>
/// <param name="logProbs">Lists probabilities; <see langword="null"/> where none were asked for.</param>
/// <param name="meter">Measures it.</param>
internal sealed class CompletionAnswer(
    int index, string? prompt, EngineGeneration generation, TokenLogProbList? logProbs, AnswerMeter meter) : IAnswer<CompletionPiece>
{
    /// <inheritdoc/>
    public GenerationUsage Usage => generation.Usage;

    /// <inheritdoc/>
    public int? ReasoningTokens => null;

    /// <inheritdoc/>
    public double? TimeToFirstToken => meter.TimeToFirstToken;

    /// <inheritdoc/>
    public string? FinishReason { get; private set; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<CompletionPiece> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        bool hasPrompt = false;
        try
        {
            await foreach (GeneratedToken token in generation.ReadAllAsync(cancellationToken))
            {
                meter.Token(generation.Timings);
                if (!hasPrompt && prompt is not null)
                {
                    yield return new CompletionPiece(index, prompt, logProbs?.OfPrompt(generation.PromptLogProbs), null);
                }

                hasPrompt = true;
                FinishReason = NameOf(token.FinishReason);
                yield return new CompletionPiece(index, token.Text, logProbs?.Of(token), FinishReason);
            }

            if (FinishReason is null)
            {
                FinishReason = "length";
                CompletionLogProbs? ofPrompt = prompt is null ? null : logProbs?.OfPrompt(generation.PromptLogProbs);
                yield return new CompletionPiece(index, prompt ?? "", ofPrompt, FinishReason);
            }
        }
        finally
        {
            meter.End(FinishReason, generation.Usage, generation.Timings);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => generation.DisposeAsync();

    private static string? NameOf(FinishReason? reason) => reason switch
    {
        null => null,
        Generation.FinishReason.Length => "length",
        _ => "stop",
    };
}
