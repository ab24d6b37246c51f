using System.Text.Json;
using NemotronH.Generation;
using NemotronH.Server.Tests.Support;
using TorchSharp;

namespace NemotronH.Server.Tests;

/// <summary>lm-evaluation-harness' <c>local-completions</c>, as it asks and reads, against the library's own logits.</summary>
public sealed class LmEvalTests(RunningServer server) : IClassFixture<RunningServer>, IDisposable
{
    private const double Tolerance = 1e-4;

    private static readonly string[] Contexts =
    [
        "KING HENRY:\nWhat news from the north?\n",
        "Question: To be, or not to be?\nAnswer:",
        "ROMEO:",
        "Größe 😀 and the king",
    ];

    private readonly LanguageModel _model = LanguageModel.Load(
        Path.Join(AppContext.BaseDirectory, "models", RunningServer.ModelName), RunningServer.DefaultEngine.Model);

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task Log_likelihoods_and_greediness_are_the_librarys()
    {
        LmEvalClient client = Client(batchSize: 5);
        var requests = new List<(int[] Context, int[] Continuation)>();
        foreach (string context in Contexts)
        {
            int[] ids = await client.EncodeAsync(context);
            requests.Add((ids, Continue(ids, 6)));
            foreach (string continuation in (string[])[" Exeunt.", " a", " né 😀, my lord"])
            {
                requests.Add((ids, (await client.EncodeAsync(context + continuation))[ids.Length..]));
            }
        }

        (double LogLikelihood, bool IsGreedy)[] results = await client.LogLikelihoodsAsync(requests);

        Assert.All(results.Zip(requests), pair => AssertSame(Score(pair.Second.Context, pair.Second.Continuation), pair.First));
        Assert.Equal(Contexts.Length, results.Count(result => result.IsGreedy));
    }

    [Fact]
    public async Task A_text_that_the_model_would_end_here_is_scored_to_its_last_token()
    {
        JsonElement rendered = await server.PostAsync(
            "/tokenize", Bodies.Parse("""{"messages":[{"role":"user","content":"Hi"}],"chat_template_kwargs":{"enable_thinking":false}}"""));
        int[] prompt = [.. rendered.GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32())];
        int[] ending = Continue(prompt, 400);
        int end = Array.FindIndex(ending, server.Engine.EosTokenIds.Contains);
        Assert.True(end > 0, "the model does not end this text");

        (double LogLikelihood, bool IsGreedy)[] results = await Client(batchSize: 1).LogLikelihoodsAsync([(prompt, ending[..end])]);

        AssertSame(Score(prompt, ending[..end]), results[0]);
        Assert.True(results[0].IsGreedy);
    }

    [Fact]
    public async Task Rolling_windows_of_the_whole_context_are_scored()
    {
        string text = string.Join('\n', Enumerable.Repeat(string.Join(' ', Contexts), 60));
        int[] ids = (await Client(batchSize: 1).EncodeAsync(text))[..server.Engine.MaxContext];

        // The first window follows the text's beginning alone; one that is too long loses tokens of its context.
        (int[] Context, int[] Continuation)[] windows = [([_model.Tokenizer!.BosTokenId!.Value], ids[..^2]), (ids[..500], ids[500..])];
        (double LogLikelihood, bool IsGreedy)[] results = await Client(batchSize: 2).LogLikelihoodsAsync(windows);

        AssertSame(Score(windows[0].Context, windows[0].Continuation), results[0]);
        AssertSame(Score(ids[1..500], ids[500..]), results[1]);
    }

    [Fact]
    public async Task Generation_ends_where_the_librarys_does()
    {
        LmEvalClient client = Client(batchSize: 3);
        string[] until = ["\n\n", " the", "<|im_end|>"];
        int[][] contexts = await Task.WhenAll(Contexts.Select(client.EncodeAsync));
        string[] expected = [.. contexts.Select(ids => Generate(ids, until))];
        string[] unstopped = [.. contexts.Select(ids => Generate(ids))];

        Assert.Equal(expected, await client.GenerateAsync(contexts, 40, until));
        Assert.Equal(unstopped, await client.GenerateAsync(contexts, 40));
        Assert.NotEqual(expected, unstopped);
    }

    private LmEvalClient Client(int batchSize) => new(server.Client, server.Engine.MaxContext, batchSize);

    private string Generate(int[] context, params string[] until)
    {
        using GenerationRun run = _model.Start(context, new GenerationOptions { MaxTokens = 40, Temperature = 0, StopStrings = until });
        string text = "";
        while (run.MoveNext(TestContext.Current.CancellationToken))
        {
            text += run.Text;
        }

        return text;
    }

    /// <summary>The greedy continuation, end-of-text tokens and all.</summary>
    private int[] Continue(int[] context, int tokens)
    {
        using GenerationRun run = _model.Start(context, new GenerationOptions { MaxTokens = tokens, Temperature = 0, IgnoreEos = true });
        while (run.MoveNext(TestContext.Current.CancellationToken))
        {
        }

        return [.. run.OutputIds];
    }

    private (double LogLikelihood, bool IsGreedy, int Count) Score(int[] context, int[] continuation)
    {
        using torch.Tensor logits = _model.ComputeLogits([.. context, .. continuation]);
        using torch.Tensor rows = logits.narrow(0, context.Length - 1, continuation.Length).to(torch.ScalarType.Float64);
        using torch.Tensor logProbs = torch.nn.functional.log_softmax(rows, -1);
        using torch.Tensor ids = torch.tensor(continuation.Select(id => (long)id).ToArray());
        using torch.Tensor chosen = logProbs.gather(1, ids.unsqueeze(1));
        using torch.Tensor best = logProbs.argmax(-1);
        return (chosen.data<double>().Sum(), best.data<long>().SequenceEqual(ids.data<long>()), continuation.Length);
    }

    private static void AssertSame((double LogLikelihood, bool IsGreedy, int Count) expected, (double LogLikelihood, bool IsGreedy) actual)
    {
        Assert.Equal(expected.LogLikelihood, actual.LogLikelihood, Tolerance * expected.Count);
        Assert.Equal(expected.IsGreedy, actual.IsGreedy);
    }
}
