using NemotronH.Evaluation.Runs;
using NemotronH.Evaluation.Scoring;

namespace NemotronH.Evaluation.Mmlu;

/// <summary>Multiple-choice questions of 57 subjects (Hendrycks et al., 2021): the most likely of the four letters is the model's answer.</summary>
public sealed class MmluTask : EvaluationTask<MmluRecord, MmluResult>
{
    private const string Name = "mmlu";

    private readonly MmluPrompts _prompts;
    private readonly ContinuationScorer _scorer;
    private readonly int _batch;

    /// <summary>Prepares to ask questions.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="prompts">The questions, written with the model's tokenizer.</param>
    /// <param name="batch">Questions at a time; the model has as many free slots.</param>
    /// <exception cref="EvaluationException">The model has no room for them, or lacks a token.</exception>
    public MmluTask(LanguageModel model, MmluPrompts prompts, int batch)
        : base(
            prompts.Describe(new RunIdentityBuilder(Name)).With("batch", batch).WithModel("model", model).Build(),
            prompts.Questions.Count,
            EvaluationJson.Default.MmluRecord)
    {
        IEnumerable<int> ids = prompts.Continuations.SelectMany(letters => letters.SelectMany(letter => letter.Tokens));
        ModelRoom.Require(model, batch, prompts.LongestPrompt, "the longest prompt", ids);
        _prompts = prompts;
        _scorer = new ContinuationScorer(model, batch);
        _batch = batch;
    }

    private protected override void Evaluate(RunState<MmluRecord> state, CancellationToken cancellationToken) =>
        EvaluateInBatches(state, _batch, items => Answer(items, cancellationToken), cancellationToken);

    private protected override MmluResult Summarize(IReadOnlyList<MmluRecord> records)
    {
        MmluScore[] subjects = [.. _prompts.Questions.Zip(records)
            .GroupBy(pair => pair.First.Subject, pair => pair.Second.Correct)
            .Select(group => OfSubject(group.Key, [.. group]))];
        return new MmluResult
        {
            Run = Identity,
            Items = ItemCount,
            Accuracy = records.Count(record => record.Correct) / (double)records.Count,
            AccuracyStderr = Pooled(subjects),
            Categories = [.. subjects.GroupBy(subject => subject.Category!)
                .OrderBy(category => MmluSubjects.CategoryNames.IndexOf(category.Key))
                .Select(category => OfCategory(category.Key, [.. category]))],
            Subjects = subjects,
        };
    }

    private static MmluScore OfSubject(string subject, bool[] correct)
    {
        double accuracy = correct.Count(right => right) / (double)correct.Length;
        double? stderr = Statistics.StandardError(accuracy, correct.Length);
        return new MmluScore(subject, MmluSubjects.CategoryOf(subject), correct.Length, accuracy, stderr);
    }

    private static MmluScore OfCategory(string category, MmluScore[] subjects)
    {
        int items = subjects.Sum(subject => subject.Items);
        return new MmluScore(category, null, items, subjects.Sum(subject => subject.Accuracy * subject.Items) / items, Pooled(subjects));
    }

    private static double? Pooled(MmluScore[] subjects) =>
        Statistics.PooledStandardError([.. subjects.Select(subject => (subject.Accuracy, subject.Items))]);

    private MmluRecord[] Answer(Range items, CancellationToken cancellationToken)
    {
        Continuation[] letters = [.. _prompts.Continuations.Take(items).SelectMany(question => question)];
        double[][] logLikelihoods = [.. _scorer.Score(letters, cancellationToken).Chunk(MmluQuestion.ChoiceCount)];
        return [.. _prompts.Questions.Take(items).Zip(logLikelihoods, Judge)];
    }

    private static MmluRecord Judge(MmluQuestion question, double[] logLikelihoods)
    {
        int choice = Array.IndexOf(logLikelihoods, logLikelihoods.Max());
        return new MmluRecord(logLikelihoods, choice, choice == question.Answer);
    }
}
