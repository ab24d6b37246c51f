using NemotronH.Evaluation.Mmlu;

namespace NemotronH.Tests.Evaluation.Mmlu;

public sealed class MmluTaskTests : IDisposable
{
    private readonly EvaluationModel _models = new();

    public void Dispose() => _models.Dispose();

    [Theory]
    [InlineData(1, 512)]
    [InlineData(4, 512)]
    [InlineData(3, 9)]
    public void Letters_are_scored_as_one_at_a_time(int batch, int prefillChunk)
    {
        LanguageModel model = _models.Load(prefillChunk: prefillChunk);
        LanguageModel whole = _models.Load();
        MmluPrompts prompts = MmluPrompts.Load(Data(), model.Tokenizer!, new MmluOptions { FewShot = 1 });
        string state = _models.Directory["state.jsonl"];
        new MmluTask(model, prompts, batch).Run(new(state));
        IReadOnlyList<MmluRecord> records = StateRecords.Read<MmluRecord>(state);
        for (int i = 0; i < records.Count; i++)
        {
            double[] expected = [.. "ABCD".Select(letter => LogLikelihood(whole, prompts.Contexts[i], $" {letter}"))];
            Assert.All(expected.Zip(records[i].LogLikelihoods), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
            Assert.Equal(Array.IndexOf(expected, expected.Max()), records[i].Choice);
        }
    }

    [Fact]
    public void Accuracy_is_counted_by_subject_category_and_overall()
    {
        LanguageModel model = _models.Load();
        MmluPrompts prompts = MmluPrompts.Load(Data(), model.Tokenizer!, new MmluOptions { FewShot = 0 });
        string state = _models.Directory["state.jsonl"];
        MmluResult result = new MmluTask(model, prompts, 4).Run(new(state));
        bool[] correct = [.. StateRecords.Read<MmluRecord>(state).Zip(prompts.Questions, (record, question) => record.Choice == question.Answer)];

        Assert.Equal(correct.Average(right => right ? 1.0 : 0), result.Accuracy, 12);
        Assert.Equal(["stem", "humanities"], result.Categories.Select(category => category.Name));
        Assert.Equal(["anatomy", "astronomy", "philosophy"], result.Subjects.Select(subject => subject.Name));
        Assert.Equal([6, 3], result.Categories.Select(category => category.Items));
        Assert.Equal(correct[..6].Average(right => right ? 1.0 : 0), result.Categories[0].Accuracy, 12);
        Assert.Equal(correct[3..6].Average(right => right ? 1.0 : 0), result.Subjects[1].Accuracy, 12);
        Assert.Equal(result.Subjects[2].AccuracyStderr!.Value, result.Categories[1].AccuracyStderr!.Value, 12);
    }

    private static double LogLikelihood(LanguageModel model, string context, string continuation)
    {
        int start = model.Tokenizer!.Encode(context, addSpecialTokens: false).Length;
        int[] ids = model.Tokenizer.Encode(context + continuation, addSpecialTokens: false);
        return -Enumerable.Range(start, ids.Length - start).Sum(position => NaiveScores.Loss(model, ids, position));
    }

    private string Data()
    {
        foreach (string split in new[] { "test", "dev" })
        {
            Directory.CreateDirectory(_models.Directory[split]);
            foreach (string subject in new[] { "anatomy", "astronomy", "philosophy" })
            {
                File.WriteAllText(
                    Path.Join(_models.Directory[split], $"{subject}_{split}.csv"),
                    string.Concat(Enumerable.Range(0, 3).Select(i => $"the {split} {subject} {i},one,in,the,other,{"ABCD"[(i + subject.Length) % 4]}\n")));
            }
        }

        return _models.Directory.Path;
    }
}
