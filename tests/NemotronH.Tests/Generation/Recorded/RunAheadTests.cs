using System.Text.Json.Nodes;
using NemotronH.Generation;
using NemotronH.Generation.Recorded;
using NemotronH.Tests.Checkpoints;
using NemotronH.Tests.Generation.Engine;

namespace NemotronH.Tests.Generation.Recorded;

/// <summary>A device that is kept one step ahead gives what it gives step by step.</summary>
public sealed class RunAheadTests(AloneReference alone) : IClassFixture<AloneReference>
{
    [Fact]
    public async Task Each_step_is_queued_before_the_tokens_of_the_one_before_are_read()
    {
        LanguageModel model = AloneReference.Load(AloneReference.Options);
        var steps = new StandInSteps(model.Runner);
        await using InferenceEngine engine = EngineRuns.RunAhead(model, new EngineOptions { MaxSequences = 1 }, steps);

        int[] ids = await EngineRuns.IdsAsync(engine, EngineRuns.Request([5, 6, 7], 6));

        // The first of the six tokens is the prompt's, and nothing is queued behind the last.
        Assert.Equal("q0 q1 r0 q2 r1 q3 r2 q4 r3 r4", string.Join(' ', steps.Calls));
        alone.AssertSame([5, 6, 7], ids);
    }

    [Fact]
    public async Task No_token_follows_an_end_token_or_a_limit_and_what_is_kept_of_an_answer_is_right()
    {
        var random = new Random(1);
        int[][] prompts = [.. Enumerable.Range(0, 12).Select(_ => alone.RandomIds(random, random.Next(1, 60)))];
        int[] ends = [.. prompts.Take(6).Select((prompt, i) => alone.Greedy(prompt, 20)[3 + (2 * i)].Id).Distinct()];
        using var directory = new TemporaryDirectory();
        LanguageModel model = LoadWithEnds(directory, ends);
        await using InferenceEngine engine = EngineRuns.RunAhead(model, new EngineOptions { MaxSequences = 5 }, new StandInSteps(model.Runner));

        GeneratedToken[][] answers = await Task.WhenAll(prompts.Select(async prompt =>
        {
            await using EngineGeneration generation = engine.Submit(Request(prompt));
            return await EngineRuns.ReadAsync(generation);
        }));

        foreach ((int[] prompt, GeneratedToken[] answer) in prompts.Zip(answers))
        {
            int[] ids = [.. answer.Select(token => token.Id)];
            alone.AssertSame(prompt, ids);
            Assert.Equal(ends.Contains(ids[^1]) ? FinishReason.Stop : FinishReason.Length, answer[^1].FinishReason);
            Assert.DoesNotContain(ids[..^1], ends.Contains);
            Assert.True(ids.Length == 20 || ends.Contains(ids[^1]));

            int[] next = [.. prompt, .. ids, 9];
            await using EngineGeneration continued = engine.Submit(Request(next));
            alone.AssertSame(next, [.. (await EngineRuns.ReadAsync(continued)).Select(token => token.Id)]);
            Assert.Equal(next.Length - 2, continued.Usage.CachedTokens);
        }

        Assert.Contains(answers, answer => answer[^1].FinishReason == FinishReason.Stop && answer.Length > 1);
    }

    [Fact]
    public async Task More_end_tokens_than_the_device_knows_end_a_sequence_all_the_same()
    {
        int[] prompt = alone.RandomIds(new Random(2), 30);
        int[] greedy = [.. alone.Greedy(prompt, 20).Select(token => token.Id)];
        int end = greedy.Distinct().Max();
        int[] ends = [.. Enumerable.Range(0, end).Where(id => !greedy.Contains(id)).Take(DecodeRow.MaxEndTokens), end];
        using var directory = new TemporaryDirectory();
        LanguageModel model = LoadWithEnds(directory, ends);
        await using InferenceEngine engine = EngineRuns.RunAhead(model, new EngineOptions { MaxSequences = 5 }, new StandInSteps(model.Runner));

        int[] ids = await EngineRuns.IdsAsync(engine, Request(prompt));

        Assert.Equal(greedy[..(Array.IndexOf(greedy, end) + 1)], ids);
        int[] next = [.. prompt, .. ids, 9];
        alone.AssertSame(next, await EngineRuns.IdsAsync(engine, Request(next)));
    }

    [Fact]
    public async Task A_stop_string_ends_a_sequence_and_what_is_kept_of_it_is_right()
    {
        LanguageModel model = AloneReference.Load(AloneReference.Options with { MaxSequences = 2 });
        await using InferenceEngine engine = EngineRuns.RunAhead(model, new EngineOptions { MaxSequences = 2 }, new StandInSteps(model.Runner));
        int[] prompt = [.. engine.Tokenizer!.Encode("The king")];
        var options = new GenerationOptions { MaxTokens = 30, Temperature = 0, IgnoreEos = true };
        string whole = string.Concat(alone.Model.Generate("The king", options, TestContext.Current.CancellationToken));
        string stop = whole.Substring(whole.Length / 2, 3);

        await using EngineGeneration stopped = engine.Submit(new EngineRequest { PromptIds = prompt, Options = options with { StopStrings = [stop] } });
        GeneratedToken[] answer = await EngineRuns.ReadAsync(stopped);

        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], string.Concat(answer.Select(token => token.Text)));
        Assert.Equal(FinishReason.Stop, answer[^1].FinishReason);
        int[] next = [.. prompt, .. answer.Select(token => token.Id), 9];
        await using EngineGeneration continued = engine.Submit(EngineRuns.Request(next, 20));
        alone.AssertSame(next, [.. (await EngineRuns.ReadAsync(continued)).Select(token => token.Id)]);

        // The step that was queued in vain has computed the last token.
        Assert.Equal(next.Length - 1, continued.Usage.CachedTokens);
    }

    [Fact]
    public async Task What_only_the_host_can_choose_never_runs_ahead()
    {
        LanguageModel model = AloneReference.Load(AloneReference.Options with { MaxSequences = 2 });
        var steps = new StandInSteps(model.Runner);
        await using InferenceEngine engine = EngineRuns.RunAhead(model, new EngineOptions { MaxSequences = 2 }, steps);

        int[] ids = await EngineRuns.IdsAsync(engine, EngineRuns.Request([5, 6, 7], 12) with { TopLogProbs = 2 });

        alone.AssertSame([5, 6, 7], ids);
        Assert.Empty(steps.Calls);
    }

    [Fact]
    public async Task A_step_that_fails_ends_its_requests_and_no_others()
    {
        LanguageModel model = AloneReference.Load(AloneReference.Options with { MaxSequences = 2 });
        await using InferenceEngine engine = EngineRuns.RunAhead(model, new EngineOptions { MaxSequences = 2 }, new StandInSteps(model.Runner) { FailingStep = 3 });

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => EngineRuns.IdsAsync(engine, EngineRuns.Request([5, 6, 7], 12)));

        Assert.Equal("the device is lost", failure.Message);
        alone.AssertSame([5, 6, 7], await EngineRuns.IdsAsync(engine, EngineRuns.Request([5, 6, 7], 12)));
    }

    [Fact]
    public async Task Logits_that_are_not_finite_end_their_sequence_and_no_other()
    {
        LanguageModel model = AloneReference.Load(AloneReference.Options);
        var steps = new StandInSteps(model.Runner) { DamagedStep = 3 };
        await using InferenceEngine engine = EngineRuns.RunAhead(model, new EngineOptions { MaxSequences = 1 }, steps);

        var failure = await Assert.ThrowsAsync<NemotronHException>(() => EngineRuns.IdsAsync(engine, EngineRuns.Request([5, 6, 7], 9)));

        Assert.Equal(Sampler.NotFinite().Message, failure.Message);
        alone.AssertSame([5, 6, 8], await EngineRuns.IdsAsync(engine, EngineRuns.Request([5, 6, 8], 9)));
    }

    [Fact]
    public void A_run_whose_logits_were_not_finite_gives_no_further_token()
    {
        using LanguageModel model = AloneReference.Load(AloneReference.Options);
        model.Runner.Ahead = new RunAheadDecoder(new StandInSteps(model.Runner) { DamagedStep = 1 });
        using GenerationRun run = model.Start([5, 6, 7], new GenerationOptions { MaxTokens = 9, Temperature = 0, IgnoreEos = true });
        run.MoveNext(TestContext.Current.CancellationToken);
        run.MoveNext(TestContext.Current.CancellationToken);

        Assert.Throws<NemotronHException>(() => run.MoveNext(TestContext.Current.CancellationToken));
        Assert.Throws<NemotronHException>(() => run.MoveNext(TestContext.Current.CancellationToken));

        Assert.Equal(2, run.OutputIds.Count);
    }

    [Fact]
    public void Runs_that_take_turns_each_give_what_they_give_alone()
    {
        using LanguageModel model = AloneReference.Load(AloneReference.Options with { MaxSequences = 3 });
        model.Runner.Ahead = new RunAheadDecoder(new StandInSteps(model.Runner));
        GenerationOptions[] options =
        [
            new() { MaxTokens = 20, Temperature = 0, IgnoreEos = true },
            new() { MaxTokens = 9, Temperature = 0.9, TopP = 0.9, Seed = 3, IgnoreEos = true },
            new() { MaxTokens = 14, Temperature = 0.7, RepetitionPenalty = 1.2, Seed = 4, IgnoreEos = true },
        ];
        GenerationRun[] runs = [.. options.Select((option, i) => model.Start([5 + i, 6, 7], option))];
        var random = new Random(5);
        while (runs.Any(run => run.FinishReason is null))
        {
            runs[random.Next(3)].MoveNext(TestContext.Current.CancellationToken);
        }

        for (int i = 0; i < runs.Length; i++)
        {
            using GenerationRun expected = alone.Model.Start([5 + i, 6, 7], options[i]);
            while (expected.MoveNext(TestContext.Current.CancellationToken))
            {
            }

            Assert.Equal(expected.OutputIds, runs[i].OutputIds);
            runs[i].Dispose();
        }
    }

    private static EngineRequest Request(int[] prompt) => new() { PromptIds = prompt, Options = new GenerationOptions { MaxTokens = 20, Temperature = 0 } };

    /// <summary>The tiny model with other end tokens.</summary>
    internal static void WriteWithEnds(TemporaryDirectory directory, int[] ends)
    {
        foreach (string file in (string[])["config.json", "model.safetensors"])
        {
            File.CreateSymbolicLink(directory[file], Path.Join(Fixtures.TinyModel, file));
        }

        directory.Write("generation_config.json", new JsonObject { ["eos_token_id"] = new JsonArray([.. ends.Select(id => (JsonNode)id)]) }.ToJsonString());
    }

    private static LanguageModel LoadWithEnds(TemporaryDirectory directory, int[] ends)
    {
        WriteWithEnds(directory, ends);
        return LanguageModel.Load(directory.Path, AloneReference.Options with { MaxSequences = 5 });
    }
}
