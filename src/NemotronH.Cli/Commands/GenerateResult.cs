using NemotronH.Generation;

namespace NemotronH.Cli.Commands;

/// <summary>What <c>generate --json</c> prints.</summary>
/// <param name="PromptIds">Ids of the prompt.</param>
/// <param name="OutputIds">Generated ids, an end-of-text token included.</param>
/// <param name="Text">The generated text, special tokens left out; <see langword="null"/> without a tokenizer.</param>
/// <param name="FinishReason"><c>stop</c> or <c>length</c>.</param>
/// <param name="Timings">How long it took.</param>
internal sealed record GenerateResult(
    IReadOnlyList<int> PromptIds, IReadOnlyList<int> OutputIds, string? Text, string FinishReason, GenerateTimings Timings)
{
    /// <summary>The result of a generation that has ended.</summary>
    public static GenerateResult Of(GenerationRun run, string? text, TimeSpan loadTime) => new(
        run.PromptIds,
        run.OutputIds,
        text,
        run.FinishReason == Generation.FinishReason.Stop ? "stop" : "length",
        new GenerateTimings(
            Math.Round(loadTime.TotalMilliseconds, 1),
            Math.Round(run.Timings.PrefillTokensPerSecond, 2),
            Math.Round(run.Timings.DecodeTokensPerSecond, 2)));
}

/// <summary>The timings of <see cref="GenerateResult"/>.</summary>
internal sealed record GenerateTimings(double LoadMs, double PrefillTokensPerSecond, double DecodeTokensPerSecond);
