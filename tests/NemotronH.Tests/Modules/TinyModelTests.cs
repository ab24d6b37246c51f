using NemotronH.Generation;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>The model that ships with the repository, against what HF transformers computed from the same files.</summary>
public sealed class TinyModelTests
{
    [Fact]
    public void Logits_equal_those_of_transformers()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32);
        using ReferenceRecord reference = ReferenceRecord.Open(Fixtures.File("tiny.reference.safetensors"));
        Assert.NotEmpty(reference.Lengths());
        Assert.All(reference.Lengths(), length => reference.AssertLogits(model, length));
    }

    [Fact]
    public void Greedy_generation_takes_the_largest_logit_at_every_step()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32);
        IReadOnlyList<int> prompt = model.Encode("KING RICHARD III:\nNow");
        using GenerationRun run = model.Start(prompt, new GenerationOptions { MaxTokens = 40, Temperature = 0 });
        while (run.MoveNext())
        {
        }

        int[] all = [.. prompt, .. run.OutputIds];
        run.Dispose();
        using Tensor logits = model.ComputeLogits(all);
        using Tensor best = logits.argmax(-1);
        Assert.Equal(all[prompt.Count..], best.data<long>().ToArray()[(prompt.Count - 1)..^1].Select(id => (int)id));
    }

    [Fact]
    public void A_reply_in_the_chat_markup_ends_its_turn()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32);
        const string Prompt = "<|im_start|>system\n<|im_end|>\n<|im_start|>user\nJULIET:\nMust thou be gone so soon?<|im_end|>\n<|im_start|>assistant\n<think></think>";
        int ended = 0;
        for (int seed = 0; seed < 8; seed++)
        {
            using GenerationRun run = model.Start(model.Encode(Prompt), new GenerationOptions { MaxTokens = 400, Seed = seed });
            while (run.MoveNext())
            {
            }

            ended += run.FinishReason == FinishReason.Stop && run.OutputIds[^1] == model.Tokenizer!.TokenToId("<|im_end|>") ? 1 : 0;
        }

        Assert.True(ended >= 4, $"Only {ended} of 8 replies ended.");
    }

    [Fact]
    public void Streamed_text_is_the_decoded_whole_and_the_same_seed_repeats_it()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32);
        var options = new GenerationOptions { MaxTokens = 60, Seed = 3 };

        string first = string.Concat(model.Generate("ROMEO:", options));
        string second = string.Concat(model.Generate("ROMEO:", options));

        using GenerationRun run = model.Start(model.Encode("ROMEO:"), options);
        while (run.MoveNext())
        {
        }

        Assert.Equal(first, second);
        Assert.Equal(first, model.Tokenizer!.Decode([.. run.OutputIds], skipSpecialTokens: true));
    }

    [Fact]
    public void A_stop_string_ends_the_text_before_it()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32);
        var options = new GenerationOptions { MaxTokens = 60, Seed = 3 };
        string text = string.Concat(model.Generate("ROMEO:", options));
        string stop = text.Substring(20, 6);

        string stopped = string.Concat(model.Generate("ROMEO:", options with { StopStrings = [stop] }));

        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], stopped);
    }

    [Fact]
    public void Cancellation_ends_the_generation_and_gives_its_slot_back()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32);
        using var source = new CancellationTokenSource();
        IEnumerator<string> pieces = model.Generate("ROMEO:", new GenerationOptions { IgnoreEos = true }, source.Token).GetEnumerator();
        Assert.True(pieces.MoveNext());

        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => pieces.MoveNext());
        Assert.Equal(1, model.Runner.Cache.FreeSlots);
    }

    [Fact]
    public void Decoding_and_sampling_leave_the_number_of_tensors_as_it_was()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32);
        _ = string.Concat(model.Generate("ROMEO:", new GenerationOptions { MaxTokens = 3 }));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;

        _ = string.Concat(model.Generate("ROMEO:", new GenerationOptions { MaxTokens = 30, IgnoreEos = true }));

        Assert.Equal(before, Tensor.TotalCount);
    }

    [Theory]
    [InlineData("the prompt has no tokens; expected at least one")]
    [InlineData("token id 1024 at position 1 is outside the vocabulary; expected 0 to 1023", 5, 1024)]
    [InlineData("token id -1 at position 0 is outside the vocabulary; expected 0 to 1023", -1)]
    [InlineData("the prompt has 5 tokens; the context holds 4", 1, 2, 3, 4, 5)]
    public void Prompts_that_cannot_be_run_are_refused(string message, params int[] ids)
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32 with { MaxContext = 4 });

        Assert.Equal(message, Assert.ThrowsAny<NemotronHException>(() => model.Start(ids)).Message);
        Assert.Equal(message, Assert.ThrowsAny<NemotronHException>(() => model.ComputeLogits(ids)).Message);
    }

    [Fact]
    public void A_generation_ends_with_the_context()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32 with { MaxContext = 10 });
        using GenerationRun run = model.Start([100, 101, 102, 103], new GenerationOptions { IgnoreEos = true });
        while (run.MoveNext())
        {
        }

        Assert.Equal((7, FinishReason.Length), (run.OutputIds.Count, run.FinishReason!.Value));
    }

    [Fact]
    public void A_prompt_that_was_cancelled_goes_on_where_it_was()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32 with { PrefillChunk = 4, MaxSequences = 2 });
        int[] prompt = [.. Enumerable.Range(100, 30)];
        using var source = new CancellationTokenSource();
        using GenerationRun cancelled = model.Start(prompt, new GenerationOptions { Temperature = 0, MaxTokens = 5 });
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => cancelled.MoveNext(source.Token));
        using GenerationRun whole = model.Start(prompt, new GenerationOptions { Temperature = 0, MaxTokens = 5 });
        while (whole.MoveNext() && cancelled.MoveNext())
        {
        }

        Assert.Equal(whole.OutputIds, cancelled.OutputIds);
    }

    [Fact]
    public void Disposing_a_generation_twice_leaves_the_next_one_its_slot()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32 with { MaxSequences = 2 });
        GenerationRun first = model.Start([100]);
        first.Dispose();
        using GenerationRun second = model.Start([100]);

        first.Dispose();

        Assert.Equal(1, model.Runner.Cache.FreeSlots);
        Assert.Throws<ObjectDisposedException>(() => first.MoveNext());
    }

    [Theory]
    [InlineData(int.MaxValue, 1, 512, "caches for 1 sequences of 2147483647 tokens need")]
    [InlineData(1_000_000, 100_000, 512, "caches for 100000 sequences of 1000000 tokens need")]
    [InlineData(0, 1, 512, "the longest context is 0 tokens; expected at least 1")]
    [InlineData(64, 0, 512, "the number of sequences is 0; expected at least 1")]
    [InlineData(64, 1, 0, "the prefill chunk is 0 tokens; expected at least 1")]
    public void Sizes_that_cannot_be_are_refused_before_weights_are_loaded(int context, int sequences, int chunk, string message)
    {
        ModelOptions options = ReferenceRecord.Float32 with { MaxContext = context, MaxSequences = sequences, PrefillChunk = chunk };

        Assert.StartsWith(message, Assert.Throws<NemotronHException>(() => LanguageModel.Load(Fixtures.TinyModel, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Loading_and_disposing_leaves_no_tensors_behind()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;

        LanguageModel.Load(Fixtures.TinyModel, ReferenceRecord.Float32).Dispose();

        Assert.Equal(before, Tensor.TotalCount);
    }
}
