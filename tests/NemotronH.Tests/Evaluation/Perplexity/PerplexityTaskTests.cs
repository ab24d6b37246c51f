using System.Text.Json;
using NemotronH.Evaluation.Perplexity;
using NemotronH.Evaluation.Runs;

namespace NemotronH.Tests.Evaluation.Perplexity;

public sealed class PerplexityTaskTests : IDisposable
{
    private const string Text = "\uFEFFthe other thing in the end <|im_end|> was neither here\r\nnor there \u2014 " +
        "but in the inner garden, where all the others were. \U0001F600";

    private readonly EvaluationModel _models = new();

    public void Dispose() => _models.Dispose();

    [Theory]
    [InlineData(16, 8, 1, 512)]
    [InlineData(16, 8, 3, 512)]
    [InlineData(16, 16, 4, 5)]
    [InlineData(11, 3, 4, 4)]
    [InlineData(400, 200, 2, 7)]
    public void The_perplexity_is_that_of_one_pass_for_every_token(int window, int stride, int batch, int prefillChunk)
    {
        LanguageModel model = _models.Load(prefillChunk: prefillChunk);
        TextWindows text = Windows(model, new TextWindowOptions { Window = window, Stride = stride });
        PerplexityResult result = new PerplexityTask(model, text, batch).Run();

        LanguageModel whole = _models.Load();
        int[] ids = [.. text.Ids];
        double[] losses = [.. text.Windows.SelectMany(w => Enumerable.Range(w.FirstScored, w.ScoredCount)
            .Select(position => NaiveScores.Loss(whole, ids.AsSpan(w.Begin, w.Length), position - w.Begin)))];
        Assert.Equal(losses.Length, result.Tokens);
        Assert.Equal(losses.Average(), result.Nll, 1e-5);
        Assert.Equal(Math.Exp(losses.Average()), result.Perplexity, Math.Exp(losses.Average()) * 1e-5);
        double deviation = Math.Sqrt(losses.Sum(loss => Math.Pow(loss - losses.Average(), 2)) / (losses.Length - 1));
        Assert.Equal(deviation / Math.Sqrt(losses.Length), result.NllStderr!.Value, 1e-5);
    }

    [Fact]
    public void Bits_are_those_per_byte_of_the_scored_text()
    {
        LanguageModel model = _models.Load();
        TextWindows text = Windows(model, new TextWindowOptions { Window = 300 });
        PerplexityResult result = new PerplexityTask(model, text, 1).Run();

        // All but the first token, which is one byte of the byte order mark.
        Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(Text) - 1, result.Bytes);
        Assert.Equal(result.Nll * result.Tokens / Math.Log(2) / result.Bytes, result.BitsPerByte, 12);
        Assert.Equal(text.TokenCount - 1, result.Tokens);
    }

    [Fact]
    public void Loss_by_position_covers_every_scored_token_once()
    {
        LanguageModel model = _models.Load();
        PerplexityResult result = new PerplexityTask(model, Windows(model, new TextWindowOptions { Window = 50, Stride = 20 }), 4).Run();
        Assert.Equal(1, result.LossByPosition[0].From);
        Assert.Equal(49, result.LossByPosition[^1].To);
        Assert.All(result.LossByPosition.Zip(result.LossByPosition.Skip(1)), pair => Assert.Equal(pair.First.To + 1, pair.Second.From));
        Assert.Equal(result.Tokens, result.LossByPosition.Sum(range => range.Tokens));
        Assert.Equal(result.Nll, result.LossByPosition.Sum(range => range.Tokens * range.Nll) / result.Tokens, 10);
    }

    [Fact]
    public void Limits_draw_windows_and_cut_the_text()
    {
        LanguageModel model = _models.Load();
        TextWindows all = Windows(model, new TextWindowOptions { Window = 16, Stride = 8 });
        TextWindows drawn = Windows(model, new TextWindowOptions { Window = 16, Stride = 8, Limit = 5, Seed = 2 });
        Assert.Equal(5, drawn.Windows.Count);
        Assert.Subset(all.Windows.ToHashSet(), drawn.Windows.ToHashSet());
        Assert.Equal(40, Windows(model, new TextWindowOptions { Window = 16, MaxTokens = 40 }).TokenCount);
    }

    [Fact]
    public void The_result_is_one_object_with_plain_names()
    {
        LanguageModel model = _models.Load();
        PerplexityResult result = new PerplexityTask(model, Windows(model, new TextWindowOptions { Window = 64 }), 2).Run();
        using JsonDocument json = JsonDocument.Parse(result.ToJson());
        Assert.Equal(
            ["task", "run", "items", "tokens", "nll", "nll_stderr", "perplexity", "perplexity_stderr", "bits_per_byte", "bytes", "text_tokens", "loss_by_position"],
            json.RootElement.EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            [
                "task", "nemotronh", "data", "data_sha256", "window", "stride", "batch", "model", "model_fingerprint", "model_device", "model_dtype", "model_kv_cache_dtype",
                "model_nvfp4", "model_fp8", "model_prefill_chunk",
            ],
            json.RootElement.GetProperty("run").EnumerateObject().Select(property => property.Name));
        string path = _models.Directory["result.json"];
        result.Save(path);
        Assert.Equal(result.ToJson(indented: true) + "\n", File.ReadAllText(path));
    }

    [Fact]
    public void Bad_files_and_options_are_named()
    {
        LanguageModel model = _models.Load();
        string path = _models.Directory.Write("bad.txt", [(byte)'a', (byte)'\n', 0xFF, (byte)'b']);
        Assert.Equal($"{path}: line 2: is not UTF-8 text", Error(() => TextWindows.Load(path, model.Tokenizer!)));
        string empty = _models.Directory.Write("short.txt", "x");
        Assert.Equal($"{empty}: has 1 tokens; expected at least 2", Error(() => TextWindows.Load(empty, model.Tokenizer!)));
        Assert.Equal("nowhere.txt: no such file", Error(() => TextWindows.Load("nowhere.txt", model.Tokenizer!)));
        Assert.Equal("window is 1; expected at least 2 tokens", Error(() => Windows(model, new TextWindowOptions { Window = 1 })));
        Assert.Equal("stride is 9; expected 1 to the window of 8", Error(() => Windows(model, new TextWindowOptions { Window = 8, Stride = 9 })));
    }

    [Fact]
    public void A_model_without_room_is_refused()
    {
        LanguageModel model = _models.Load(maxSequences: 2, maxContext: 32);
        Assert.Equal(
            "a window takes 33 tokens; the model's context holds 32",
            Error(() => new PerplexityTask(model, Windows(model, new TextWindowOptions { Window = 33 }), 1)));
        Assert.Equal(
            "batch is 3; the model holds 2 more sequences",
            Error(() => new PerplexityTask(model, Windows(model, new TextWindowOptions { Window = 32 }), 3)));
    }

    [Fact]
    public void A_vocabulary_smaller_than_the_tokenizers_is_refused()
    {
        LanguageModel model = _models.Load(vocabulary: 260);
        Assert.Equal(
            $"{model.Directory}: its tokenizer gives the token id 265; the model's vocabulary ends at 259",
            Error(() => new PerplexityTask(model, Windows(model, new TextWindowOptions { Window = 32 }), 1)));
    }

    [Fact]
    public void A_state_of_other_options_is_refused()
    {
        LanguageModel model = _models.Load();
        var state = new StateLocation(_models.Directory["state.jsonl"]);
        new PerplexityTask(model, Windows(model, new TextWindowOptions { Window = 32 }), 2).Run(state);
        var other = new PerplexityTask(model, Windows(model, new TextWindowOptions { Window = 64, Stride = 16 }), 2);
        Assert.Contains("window '32', here '64'", Error(() => other.Run(state)));
        var otherModel = new PerplexityTask(_models.Load(seed: 5), Windows(model, new TextWindowOptions { Window = 32 }), 2);
        Assert.Contains("model 'model-17-300', here 'model-5-300'", Error(() => otherModel.Run(state)));
    }

    [Fact]
    public void Tensors_are_gone_after_a_run()
    {
        LanguageModel model = _models.Load();
        var task = new PerplexityTask(model, Windows(model, new TextWindowOptions { Window = 16 }), 4);
        task.Run();
        long before = TorchSharp.torch.Tensor.TotalCount;
        task.Run();
        Assert.Equal(before, TorchSharp.torch.Tensor.TotalCount);
        Assert.Equal(4, model.Runner.Cache.FreeSlots);
    }

    private static string Error(Func<object> action) => Assert.ThrowsAny<NemotronHException>(action).Message;

    private TextWindows Windows(LanguageModel model, TextWindowOptions options) =>
        TextWindows.Load(_models.Directory.Write("text.txt", Text), model.Tokenizer!, options);
}
