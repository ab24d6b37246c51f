using NemotronH.Checkpoints.Safetensors;
using NemotronH.Generation;
using static TorchSharp.torch;

namespace NemotronH.Tests.Modules;

/// <summary>The model that ships with the repository, against what HF transformers computed from the same files.</summary>
public sealed class TinyModelTests
{
    private static readonly ModelOptions Cpu = new() { Device = CPU, Dtype = ScalarType.Float32 };

    [Fact]
    public void Logits_equal_those_of_transformers()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, Cpu);
        using SafetensorsFile reference = SafetensorsFile.Open(Fixtures.File("tiny.reference.safetensors"));
        string[] prompts = [.. reference.Tensors.Select(tensor => tensor.Name).Where(name => name.StartsWith("ids_", StringComparison.Ordinal))];
        Assert.NotEmpty(prompts);
        foreach (string prompt in prompts)
        {
            using Tensor ids = reference.Read(prompt).to(ScalarType.Int64);
            using Tensor expected = reference.Read(prompt.Replace("ids_", "logits_", StringComparison.Ordinal));
            using Tensor actual = model.ComputeLogits([.. ids.data<long>().ToArray().Select(id => (int)id)]);

            Assert.InRange((expected - actual).abs().max().item<float>(), 0, 2e-3f);
        }
    }

    [Fact]
    public void Greedy_generation_takes_the_largest_logit_at_every_step()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, Cpu);
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
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, Cpu);
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
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, Cpu);
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
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, Cpu);
        var options = new GenerationOptions { MaxTokens = 60, Seed = 3 };
        string text = string.Concat(model.Generate("ROMEO:", options));
        string stop = text.Substring(20, 6);

        string stopped = string.Concat(model.Generate("ROMEO:", options with { StopStrings = [stop] }));

        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], stopped);
    }

    [Fact]
    public void Cancellation_ends_the_generation_and_gives_its_slot_back()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, Cpu);
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
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, Cpu);
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
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, Cpu with { MaxContext = 4 });

        Assert.Equal(message, Assert.Throws<NemotronHException>(() => model.Start(ids)).Message);
        Assert.Equal(message, Assert.Throws<NemotronHException>(() => model.ComputeLogits(ids)).Message);
    }

    [Fact]
    public void A_generation_ends_with_the_context()
    {
        using LanguageModel model = LanguageModel.Load(Fixtures.TinyModel, Cpu with { MaxContext = 10 });
        using GenerationRun run = model.Start([100, 101, 102, 103], new GenerationOptions { IgnoreEos = true });
        while (run.MoveNext())
        {
        }

        Assert.Equal((7, FinishReason.Length), (run.OutputIds.Count, run.FinishReason!.Value));
    }
}
