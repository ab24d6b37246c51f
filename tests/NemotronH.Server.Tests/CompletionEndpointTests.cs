using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Server.Tests.Support;

namespace NemotronH.Server.Tests;

public sealed class CompletionEndpointTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const string Path = "/v1/completions";
    private const string Prompt = "KING HENRY:\nWhat news from the north?";

    [Fact]
    public async Task Prompts_of_a_list_are_answered_in_order_each_as_alone()
    {
        string[] prompts = ["KING:", "QUEEN:\nMy lord", "Exeunt"];
        string list = $"[{string.Join(',', prompts.Select(Bodies.Quote))}]";
        string ids = $"[{await IdsAsync(prompts[0])},{await IdsAsync(prompts[1])},{await IdsAsync(prompts[2])}]";

        JsonElement together = await server.PostAsync(Path, Bodies.Completion(list, 8, ""","n":2"""));
        JsonElement ofIds = await server.PostAsync(Path, Bodies.Completion(ids, 8));

        Assert.Equal(6, together.GetProperty("choices").GetArrayLength());
        for (int i = 0; i < prompts.Length; i++)
        {
            string alone = Text(await server.PostAsync(Path, Bodies.Completion(Bodies.Quote(prompts[i]), 8)), 0);
            Assert.Equal(alone, Text(together, 2 * i));
            Assert.Equal(alone, Text(together, (2 * i) + 1));
            Assert.Equal(alone, Text(ofIds, i));
            Assert.Equal((2 * i) + 1, together.GetProperty("choices")[(2 * i) + 1].GetProperty("index").GetInt32());
        }
    }

    /// <summary>As lm-eval's <c>local-completions</c> reads it: <c>token_logprobs[context:-1]</c> are the continuation's.</summary>
    [Fact]
    public async Task Echo_scores_a_text_as_lm_eval_reads_it()
    {
        int[] ids = JsonSerializer.Deserialize<int[]>(await IdsAsync(Prompt))!;
        JsonObject body = Bodies.Completion($"[{string.Join(',', ids)}]", 1, ""","echo":true,"logprobs":1""");

        JsonElement logprobs = (await server.PostAsync(Path, body)).GetProperty("choices")[0].GetProperty("logprobs");

        foreach (string list in new[] { "tokens", "token_logprobs", "top_logprobs", "text_offset" })
        {
            Assert.Equal(ids.Length + 1, logprobs.GetProperty(list).GetArrayLength());
        }

        Assert.Equal(JsonValueKind.Null, logprobs.GetProperty("token_logprobs")[0].ValueKind);

        // What the echo says of the prompt's last place is what a request that ends before it says of its continuation.
        JsonObject shorter = Bodies.Completion($"[{string.Join(',', ids[..^1])}]", 1, ""","logprobs":1""");
        JsonElement next = (await server.PostAsync(Path, shorter)).GetProperty("choices")[0].GetProperty("logprobs").GetProperty("top_logprobs")[0];
        JsonProperty likeliest = next.EnumerateObject().MaxBy(token => token.Value.GetSingle());
        JsonProperty echoed = logprobs.GetProperty("top_logprobs")[ids.Length - 1].EnumerateObject().MaxBy(token => token.Value.GetSingle());
        Assert.Equal(likeliest.Name, echoed.Name);
        Assert.Equal(likeliest.Value.GetSingle(), echoed.Value.GetSingle(), 1e-4f);
    }

    [Fact]
    public async Task Echo_without_new_tokens_gives_the_prompt_back()
    {
        JsonElement answer = await server.PostAsync(Path, Bodies.Completion(Bodies.Quote(Prompt), 0, ""","echo":true,"logprobs":0"""));

        Assert.Equal(Prompt, Text(answer, 0));
        Assert.Equal("length", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(0, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        int[] offsets = [.. answer.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("text_offset").EnumerateArray().Select(at => at.GetInt32())];
        string[] tokens = [.. answer.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!)];
        Assert.All(offsets.Index(), at => Assert.StartsWith(tokens[at.Index], Prompt[at.Item..]));
    }

    [Theory]
    [InlineData("[[1,2],[3,999999]]", "", "prompt[1][1]")]
    [InlineData("[1,999999]", "", "prompt[1]")]
    [InlineData("\"Hi\"", ",\"logit_bias\":{\"999999\":1}", "logit_bias")]
    [InlineData("\"Hi\"", ",\"stop_token_ids\":[2]", "stop_token_ids")]
    [InlineData("\"Hi\"", ",\"min_tokens\":3", "min_tokens")]
    public async Task What_is_wrong_is_named_and_nothing_is_begun(string prompt, string further, string param)
    {
        long finished = server.Engine.Statistics.FinishedRequests + server.Engine.Statistics.CancelledRequests;

        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(Path, Bodies.Completion(prompt, 1, further));

        Assert.Equal(param, (await GuardedServer.ReadErrorAsync(response, HttpStatusCode.BadRequest)).Param);
        Assert.Equal(finished, server.Engine.Statistics.FinishedRequests + server.Engine.Statistics.CancelledRequests);
    }

    [Fact]
    public async Task Streamed_text_is_the_whole_text()
    {
        string whole = Text(await server.PostAsync(Path, Bodies.Completion(Bodies.Quote(Prompt), 20)), 0);

        List<JsonElement> chunks = await server.StreamAsync(
            Path, Bodies.Completion(Bodies.Quote(Prompt), 20, ""","stream_options":{"include_usage":true}"""));

        Assert.Equal(whole, string.Concat(chunks.SkipLast(1).Select(chunk => Text(chunk, 0))));
        Assert.Equal("length", chunks[^2].GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(20, chunks[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Tokens_become_the_text_that_they_came_from()
    {
        const string text = "né 😀 <|im_start|>user";
        JsonElement tokens = await server.PostAsync(
            "/tokenize", Bodies.Parse($$"""{"prompt":{{Bodies.Quote(text)}},"add_special_tokens":false,"return_token_strs":true}"""));

        JsonElement back = await server.PostAsync("/detokenize", Bodies.Parse($$"""{"tokens":{{tokens.GetProperty("tokens").GetRawText()}}}"""));

        Assert.Equal(text, back.GetProperty("prompt").GetString());
        Assert.Equal(tokens.GetProperty("count").GetInt32(), tokens.GetProperty("token_strs").GetArrayLength());
    }

    private async Task<string> IdsAsync(string text) =>
        (await server.PostAsync("/tokenize", Bodies.Parse($$"""{"prompt":{{Bodies.Quote(text)}}}"""))).GetProperty("tokens").GetRawText();

    private static string Text(JsonElement completion, int choice) => completion.GetProperty("choices")[choice].GetProperty("text").GetString()!;
}
