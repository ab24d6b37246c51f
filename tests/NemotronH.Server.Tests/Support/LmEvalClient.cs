using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NemotronH.Server.Tests.Support;

/// <summary>
/// Sends what lm-evaluation-harness 0.4's model <c>local-completions</c> sends with <c>tokenized_requests=True</c>, its default, and reads the
/// answers as it does (its files lm_eval/models/openai_completions.py and api_models.py).
/// </summary>
/// <param name="http">The server.</param>
/// <param name="maxLength">Its <c>max_length</c>: what the server calls <c>max_model_len</c>.</param>
/// <param name="batchSize">Its <c>batch_size</c>.</param>
internal sealed class LmEvalClient(HttpClient http, int maxLength, int batchSize)
{
    private const int Seed = 1234;

    /// <summary>The remote tokenizer's ids of a text.</summary>
    public async Task<int[]> EncodeAsync(string text)
    {
        JsonElement answer = await PostAsync("/tokenize", new JsonObject { ["prompt"] = text, ["add_special_tokens"] = false });
        return Ids(answer.GetProperty("tokens"));
    }

    /// <summary>For each context and continuation ln p(continuation | context), and whether greedy choice would give it.</summary>
    public async Task<(double LogLikelihood, bool IsGreedy)[]> LogLikelihoodsAsync(IReadOnlyList<(int[] Context, int[] Continuation)> requests)
    {
        var results = new (double, bool)[requests.Count];

        // The longest first; a token's room is kept for the one that is generated.
        foreach (int[] batch in Enumerable.Range(0, requests.Count).OrderByDescending(i => Whole(requests[i]).Length).Chunk(batchSize))
        {
            int[][] inputs = [.. batch.Select(i => Whole(requests[i])).Select(whole => whole[^Math.Min(whole.Length, maxLength - 1)..])];
            int[] contextLengths = [.. batch.Select((i, at) => inputs[at].Length - requests[i].Continuation.Length)];
            JsonElement answer = await PostAsync("/v1/completions", new JsonObject
            {
                ["model"] = RunningServer.ModelName,
                ["prompt"] = Lists(inputs),
                ["temperature"] = 0,
                ["max_tokens"] = 1,
                ["logprobs"] = 1,
                ["seed"] = Seed,
                ["echo"] = true,
            });
            foreach ((JsonElement choice, int at) in Sorted(answer).Select((choice, at) => (choice, at)))
            {
                results[batch[at]] = Parse(choice.GetProperty("logprobs"), contextLengths[at]);
            }
        }

        return results;
    }

    /// <summary>What follows each context up to one of the texts that end it.</summary>
    public async Task<string[]> GenerateAsync(IReadOnlyList<int[]> contexts, int maxTokens, params string[] until)
    {
        var texts = new List<string>();
        foreach (int[][] batch in contexts.Chunk(batchSize))
        {
            JsonElement answer = await PostAsync("/v1/completions", new JsonObject
            {
                ["prompt"] = Lists(batch),
                ["model"] = RunningServer.ModelName,
                ["max_tokens"] = maxTokens,
                ["temperature"] = 0,
                ["stop"] = new JsonArray([.. until.Select(text => (JsonNode)text)]),
                ["seed"] = Seed,
            });
            texts.AddRange(Sorted(answer).Select(choice => choice.GetProperty("text").GetString()!));
        }

        return [.. texts];
    }

    /// <summary>Its sum and its comparison: a token is the greedy choice if its number is the very largest that is listed.</summary>
    private static (double LogLikelihood, bool IsGreedy) Parse(JsonElement logProbs, int contextLength)
    {
        Assert.True(contextLength > 0);
        double[] tokens = [.. logProbs.GetProperty("token_logprobs").EnumerateArray().Skip(contextLength).SkipLast(1).Select(p => p.GetDouble())];
        JsonElement[] top = [.. logProbs.GetProperty("top_logprobs").EnumerateArray().Skip(contextLength).SkipLast(1)];
        return (tokens.Sum(), tokens.Zip(top).All(pair => pair.First == pair.Second.EnumerateObject().Max(token => token.Value.GetDouble())));
    }

    private async Task<JsonElement> PostAsync(string path, JsonObject body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };

        // Without OPENAI_API_KEY it sends an empty key.
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer");
        using HttpResponseMessage response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    private static int[] Whole((int[] Context, int[] Continuation) request) => [.. request.Context, .. request.Continuation];

    private static IEnumerable<JsonElement> Sorted(JsonElement answer) =>
        answer.GetProperty("choices").EnumerateArray().OrderBy(choice => choice.GetProperty("index").GetInt32());

    private static JsonNode Lists(int[][] lists) => JsonSerializer.SerializeToNode(lists)!;

    private static int[] Ids(JsonElement ids) => [.. ids.EnumerateArray().Select(id => id.GetInt32())];
}
