using NemotronH.Evaluation;
using NemotronH.Evaluation.Gsm8k;
using NemotronH.Evaluation.Mmlu;
using NemotronH.Evaluation.Perplexity;
using NemotronH.Evaluation.Runs;

namespace NemotronH.Tests.Evaluation;

public sealed class ResumptionTests : IDisposable
{
    private readonly EvaluationModel _models = new();

    public void Dispose() => _models.Dispose();

    [Fact]
    public void Perplexity_goes_on_where_it_was_interrupted() => Check(model => new PerplexityTask(model, Text(model), 3));

    [Fact]
    public void Divergence_goes_on_where_it_was_interrupted()
    {
        LanguageModel reference = _models.Load(seed: 4);
        Check(model => new DivergenceTask(model, reference, Text(model), 3));
    }

    [Fact]
    public void Gsm8k_goes_on_where_it_was_interrupted()
    {
        string path = _models.Directory.Write("problems.jsonl", string.Concat(Enumerable.Range(0, 15).Select(i =>
            $"{{\"question\": \"In the {new string('e', i)} garden {i}?\", \"answer\": \"#### {i}\"}}\n")));
        var options = new Gsm8kOptions { FewShot = 0, MaxTokens = 12, Temperature = 1.5 };
        Check(model => new Gsm8kTask(model, Gsm8kPrompts.Load(path, model.Tokenizer!, options), 2));
    }

    [Fact]
    public void Mmlu_goes_on_where_it_was_interrupted()
    {
        Directory.CreateDirectory(_models.Directory["test"]);
        _models.Directory.Write("test/virology_test.csv", string.Concat(Enumerable.Range(0, 8).Select(i => $"q {i},the,in,other,{i},C\n")));
        Check(model => new MmluTask(model, MmluPrompts.Load(_models.Directory.Path, model.Tokenizer!, new MmluOptions { FewShot = 0 }), 3));
    }

    [Fact]
    public void A_state_that_is_cut_anywhere_gives_the_same_result()
    {
        LanguageModel model = _models.Load();
        string path = _models.Directory["state.jsonl"];
        string expected = new PerplexityTask(model, Text(model), 3).Run(new StateLocation(path)).ToJson();
        byte[] whole = File.ReadAllBytes(path);
        int header = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int length = header; length <= whole.Length; length += 97)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Equal(expected, new PerplexityTask(model, Text(model), 3).Run(new StateLocation(path)).ToJson());
            Assert.Equal(whole, File.ReadAllBytes(path));
        }
    }

    [Theory]
    [InlineData("{\"item\":99,\"record\":{\"losses\":[1]}}", "line 2: item is 99; expected 0 to 7")]
    [InlineData("{\"item\":-1,\"record\":{\"losses\":[1]}}", "line 2: item is -1; expected 0 to 7")]
    [InlineData("{\"item\":0,\"record\":{\"other\":1}}", "line 2: the record of item 0 is not one of this task")]
    [InlineData("{\"item\":0,\"record\":null}", "line 2: the record is null")]
    [InlineData("{\"item\":0,\"record\":{\"losses\":[1]}}\n{\"item\":0,\"record\":{\"losses\":[1]}}", "line 3: item 0 is there twice")]
    public void Records_that_cannot_be_are_named(string lines, string expected)
    {
        LanguageModel model = _models.Load();
        var task = new PerplexityTask(model, Text(model), 3);
        string path = _models.Directory["state.jsonl"];
        task.Run(new StateLocation(path));
        File.WriteAllText(path, $"{File.ReadAllLines(path)[0]}\n{lines}\n");
        var exception = Assert.Throws<EvaluationException>(() => task.Run(new StateLocation(path)));
        Assert.Equal($"{path}: {expected}; remove the file to begin anew (--restart)", exception.Message);
    }

    /// <summary>Interrupts a run after every number of items, tears the last line, and compares what the next run makes of it.</summary>
    private void Check<TRecord, TResult>(Func<LanguageModel, EvaluationTask<TRecord, TResult>> create)
        where TRecord : class
        where TResult : EvaluationResult
    {
        LanguageModel model = _models.Load();
        string expected = create(model).Run().ToJson();
        int items = create(model).ItemCount;
        for (int after = 0; after < items; after++)
        {
            var state = new StateLocation(_models.Directory[$"state-{after}.jsonl"]);
            Assert.Throws<OperationCanceledException>(() => create(model).Run(state, new Interruption(after)));
            string[] before = File.Exists(state.Path) ? File.ReadAllLines(state.Path) : [];
            if (before.Length > 0)
            {
                File.AppendAllText(state.Path, $"{{\"item\":{items - 1},\"rec");
            }

            var progress = new Interruption(int.MaxValue);
            Assert.Equal(expected, create(model).Run(state, progress).ToJson());

            // What was recorded was found, stays as it is, and nothing is there twice.
            int recorded = Math.Max(0, before.Length - 1);
            Assert.True(recorded >= after);
            Assert.Equal(new RunProgress(recorded, items), progress.Reports[0]);
            Assert.Equal(before, File.ReadAllLines(state.Path)[..before.Length]);
            Assert.Equal(items, StateRecords.Read<TRecord>(state.Path).Count);
        }

        Assert.Equal(4, model.Runner.Cache.FreeSlots);
    }

    private TextWindows Text(LanguageModel model) => TextWindows.Load(
        _models.Directory.Write("text.txt", "the other thing in the end was neither here nor there, in the garden of others"),
        model.Tokenizer!,
        new TextWindowOptions { Window = 16, Stride = 7 });
}
