using NemotronH.Evaluation.Decoding;
using NemotronH.Evaluation.Runs;
using NemotronH.Evaluation.Scoring;
using NemotronH.Generation;

namespace NemotronH.Evaluation.Gsm8k;

/// <summary>Grade-school mathematics (Cobbe et al., 2021): the model writes solutions, their last numbers are compared.</summary>
/// <remarks>
/// Problems are solved in rounds. Within a round a problem joins the batch as soon as another is done; between rounds the batch runs empty. A
/// round of which some records are missing is run again from its start, since what a sequence computes depends, by rounding, on the number of
/// sequences beside it.
/// </remarks>
public sealed class Gsm8kTask : EvaluationTask<Gsm8kRecord, Gsm8kResult>
{
    private const string Name = "gsm8k";

    /// <summary>Batches to a round: the more, the less the emptying costs, and the more is computed again after an interruption.</summary>
    private const int BatchesPerRound = 4;

    private readonly Gsm8kPrompts _prompts;
    private readonly BatchGenerator _generator;
    private readonly int _round;

    /// <summary>Prepares to ask problems.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="prompts">The problems, written with the model's tokenizer.</param>
    /// <param name="batch">Problems at a time; the model has as many free slots.</param>
    /// <exception cref="EvaluationException">The model has no room for them, or lacks a token.</exception>
    public Gsm8kTask(LanguageModel model, Gsm8kPrompts prompts, int batch)
        : base(
            prompts.Describe(new RunIdentityBuilder(Name))
                .With("batch", batch)
                .With("max_context", model.Runner.Cache.Options.MaxContext)
                .WithModel("model", model)
                .Build(),
            prompts.Items.Count,
            EvaluationJson.Default.Gsm8kRecord)
    {
        ModelRoom.Require(model, batch, prompts.LongestPrompt, "the longest prompt", prompts.Ids.SelectMany(ids => ids));
        _prompts = prompts;
        _generator = new BatchGenerator(model, batch);
        _round = batch * BatchesPerRound;
    }

    private protected override void Evaluate(RunState<Gsm8kRecord> state, CancellationToken cancellationToken)
    {
        for (int start = 0; start < ItemCount; start += _round)
        {
            int first = start;
            int end = Math.Min(start + _round, ItemCount);
            if (!state.AllDone(start, end))
            {
                GenerationRequest[] requests = [.. Enumerable.Range(start, end - start).Select(Request)];
                _generator.Run(requests, (index, text) => state.AddMissing([(first + index, Judge(first + index, text))]), cancellationToken);
            }
        }
    }

    private protected override Gsm8kResult Summarize(IReadOnlyList<Gsm8kRecord> records)
    {
        double strict = records.Count(record => record.StrictCorrect) / (double)records.Count;
        double flexible = records.Count(record => record.FlexibleCorrect) / (double)records.Count;
        return new Gsm8kResult
        {
            Run = Identity,
            Items = ItemCount,
            StrictMatch = strict,
            StrictMatchStderr = Statistics.StandardError(strict, records.Count),
            FlexibleExtract = flexible,
            FlexibleExtractStderr = Statistics.StandardError(flexible, records.Count),
            WithoutStrictAnswer = records.Count(record => record.Strict is null),
            CutOff = records.Count(record => !record.Ended),
            GeneratedTokens = records.Sum(record => (long)record.Tokens),
        };
    }

    private GenerationRequest Request(int item)
    {
        Gsm8kOptions options = _prompts.Options;
        return new GenerationRequest(
            _prompts.Ids[item],
            new GenerationOptions { MaxTokens = options.MaxTokensOrDefault, StopStrings = options.Chat ? [] : Gsm8kPromptFormat.StopStrings },
            options.Sampling with { Seed = unchecked((options.Seed * 1_000_003) + item) });
    }

    private Gsm8kRecord Judge(int item, GeneratedText generated)
    {
        string solution = _prompts.Items[item].Answer;
        string said = _prompts.Options.Chat ? Gsm8kPromptFormat.WithoutThoughts(generated.Text, _prompts.Options.Thinking) : generated.Text;
        string? strict = Gsm8kAnswer.ExtractStrict(said);
        string? flexible = Gsm8kAnswer.ExtractFlexible(said);
        return new Gsm8kRecord(
            generated.Text,
            generated.Tokens,
            generated.FinishReason == FinishReason.Stop,
            strict,
            flexible,
            Gsm8kAnswer.IsCorrect(strict, solution),
            Gsm8kAnswer.IsCorrect(flexible, solution));
    }
}
