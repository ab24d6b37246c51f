using NemotronH.Evaluation.Gsm8k;
using NemotronH.Generation;

namespace NemotronH.Tests.Evaluation.Gsm8k;

public sealed class Gsm8kTaskTests : IDisposable
{
    private readonly EvaluationModel _models = new();

    public void Dispose() => _models.Dispose();

    [Theory]
    [InlineData(1, 512)]
    [InlineData(3, 512)]
    [InlineData(3, 7)]
    public void Solutions_are_those_of_one_problem_at_a_time(int batch, int prefillChunk)
    {
        LanguageModel model = _models.Load(maxSequences: 4, prefillChunk: prefillChunk);
        Gsm8kPrompts prompts = Prompts(model, new Gsm8kOptions { FewShot = 1, MaxTokens = 9 });
        string state = _models.Directory["state.jsonl"];
        new Gsm8kTask(model, prompts, batch).Run(new(state));
        IEnumerable<string> expected = prompts.Ids.Select(ids => Solve(model, ids, new GenerationOptions { MaxTokens = 9, Temperature = 0 }));
        Assert.Equal(expected, Records(state).Select(record => record.Text));
        Assert.Equal(4, model.Runner.Cache.FreeSlots);
    }

    [Fact]
    public void A_seed_fixes_sampled_solutions_whatever_runs_beside_them()
    {
        LanguageModel model = _models.Load();
        var options = new Gsm8kOptions { FewShot = 0, MaxTokens = 6, Temperature = 2, Seed = 5 };
        string[] texts = [.. new[] { 1, 4 }.Select(batch => Path.Join(_models.Directory.Path, $"state{batch}.jsonl")).SelectMany((state, i) =>
        {
            new Gsm8kTask(model, Prompts(model, options), i == 0 ? 1 : 4).Run(new(state));
            return new[] { string.Join('|', Records(state).Select(record => record.Text)) };
        })];
        Assert.Equal(texts[0], texts[1]);
        Assert.True(texts[0].Split('|').Distinct().Count() > 10);
    }

    [Fact]
    public void Scores_count_what_the_filters_find()
    {
        LanguageModel model = _models.Load();
        string state = _models.Directory["state.jsonl"];
        var task = new Gsm8kTask(model, Prompts(model, new Gsm8kOptions { FewShot = 0, MaxTokens = 4 }), 4);
        Gsm8kResult result = task.Run(new(state));
        Gsm8kRecord[] records = [.. Records(state)];
        Assert.Equal(14, result.Items);
        Assert.Equal(records.Average(record => record.FlexibleCorrect ? 1.0 : 0), result.FlexibleExtract);
        Assert.Equal(records.Count(record => record.Strict is null), result.WithoutStrictAnswer);
        Assert.Equal(records.Count(record => !record.Ended), result.CutOff);
        Assert.Equal(records.Sum(record => record.Tokens), result.GeneratedTokens);
        Assert.Equal(0, result.StrictMatch);
        Assert.Equal(0, result.StrictMatchStderr);
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_refused_before_anything_runs()
    {
        LanguageModel model = _models.Load(maxContext: 24);
        Gsm8kPrompts prompts = Prompts(model, new Gsm8kOptions { FewShot = 1 });
        string message = Assert.ThrowsAny<NemotronHException>(() => new Gsm8kTask(model, prompts, 1)).Message;
        Assert.Equal($"the longest prompt takes {prompts.LongestPrompt} tokens; the model's context holds 24", message);
    }

    private static string Solve(LanguageModel model, int[] prompt, GenerationOptions options)
    {
        using GenerationRun run = model.Start(prompt, options with { StopStrings = Gsm8kPromptFormat.StopStrings });
        var text = new System.Text.StringBuilder();
        while (run.MoveNext())
        {
            text.Append(run.Text);
        }

        return text.ToString();
    }

    private static IEnumerable<Gsm8kRecord> Records(string state) => StateRecords.Read<Gsm8kRecord>(state);

    private Gsm8kPrompts Prompts(LanguageModel model, Gsm8kOptions options)
    {
        string path = _models.Directory.Write("problems.jsonl", string.Concat(Enumerable.Range(0, options.FewShotOrDefault + 14).Select(i =>
            $"{{\"question\": \"In the {new string('x', i % 5)} garden {i} and {i}?\", \"answer\": \"<<{i}+{i}={i + i}>>\\n#### {i + i}\"}}\n")));
        return Gsm8kPrompts.Load(path, model.Tokenizer!, options);
    }
}
