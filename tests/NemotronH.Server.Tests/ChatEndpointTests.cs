using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Server.Errors;
using NemotronH.Server.Tests.Support;

namespace NemotronH.Server.Tests;

public sealed class ChatEndpointTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const string Path = "/v1/chat/completions";

    [Fact]
    public async Task Seed_gives_the_same_different_answers_again_whole_or_streamed()
    {
        JsonObject body = Bodies.Chat("Speak, my lord.", 16, ""","n":3,"seed":7""");
        body["temperature"] = 1;

        string[] whole = Texts(await server.PostAsync(Path, body));
        body["stream_options"] = Bodies.Parse("""{"include_usage":true}""");
        List<JsonElement> chunks = await server.StreamAsync(Path, body);

        Assert.Equal(3, whole.Distinct().Count());
        JsonElement[] choices = [.. chunks.SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray())];
        for (int i = 0; i < 3; i++)
        {
            JsonElement[] own = [.. choices.Where(choice => choice.GetProperty("index").GetInt32() == i)];
            Assert.Equal("assistant", own[0].GetProperty("delta").GetProperty("role").GetString());
            Assert.Equal(whole[i], string.Concat(own.Select(choice => Text(choice.GetProperty("delta"), "content"))));
            Assert.Equal("length", own[^1].GetProperty("finish_reason").GetString());
        }

        Assert.Equal(0, chunks[^1].GetProperty("choices").GetArrayLength());
        Assert.Equal(48, chunks[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Single(chunks.Select(chunk => chunk.GetProperty("id").GetString()).Distinct());
    }

    [Fact]
    public async Task Stop_string_ends_the_answer_and_is_no_part_of_it()
    {
        string text = Texts(await server.PostAsync(Path, Bodies.Chat("Speak, my lord.", 30)))[0];
        string stop = text.Substring(text.Length / 2, 3);
        JsonObject body = Bodies.Chat("Speak, my lord.", 30);
        body["stop"] = stop;

        JsonElement answer = await server.PostAsync(Path, body);

        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], Texts(answer)[0]);
        Assert.Equal("stop", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Reasoning_is_sent_by_both_names()
    {
        JsonObject body = Bodies.Chat("Speak, my lord.", 8, ""","chat_template_kwargs":{"enable_thinking":true}""");

        JsonElement message = (await server.PostAsync(Path, body)).GetProperty("choices")[0].GetProperty("message");
        List<JsonElement> chunks = await server.StreamAsync(Path, body);

        string? reasoning = message.GetProperty("reasoning_content").GetString();
        Assert.NotEmpty(reasoning!);
        Assert.Equal(reasoning, message.GetProperty("reasoning").GetString());
        JsonElement[] deltas =
            [.. chunks.SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray()).Select(choice => choice.GetProperty("delta"))];
        Assert.Equal(reasoning, string.Concat(deltas.Select(delta => Text(delta, "reasoning_content"))));
        Assert.Equal(reasoning, string.Concat(deltas.Select(delta => Text(delta, "reasoning"))));
    }

    [Fact]
    public async Task Repeated_conversation_comes_from_the_prefix_cache()
    {
        JsonObject body = Bodies.Chat(string.Concat(Enumerable.Repeat("Once more unto the breach, dear friends. ", 8)), 2);
        await server.PostAsync(Path, body);

        JsonElement usage = (await server.PostAsync(Path, body)).GetProperty("usage");

        int cached = usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();
        Assert.InRange(cached, 1, usage.GetProperty("prompt_tokens").GetInt32());
    }

    [Theory]
    [InlineData("\"max_tokens\": 0", "max_tokens", "invalid_value")]
    [InlineData("\"reasoning_effort\": \"high\"", "reasoning_effort", "unsupported_parameter")]
    [InlineData("\"temprature\": 1", "temprature", "unknown_parameter")]
    [InlineData(
        "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"x\", \"schema\": {\"type\": \"nonsense\"}}}",
        "response_format",
        "invalid_schema")]
    [InlineData("\"logit_bias\": {\"999999\": 1}", "logit_bias", "invalid_value")]
    [InlineData("\"stop_token_ids\": [2]", "stop_token_ids", "unsupported_parameter")]
    [InlineData("\"min_tokens\": 3", "min_tokens", "unsupported_parameter")]
    public async Task What_is_wrong_is_named(string parameter, string? param, string code)
    {
        JsonObject body = Bodies.Parse($$"""{"messages": [{"role": "user", "content": "Hi"}], {{parameter}}}""");
        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(Path, body);

        ApiError error = await GuardedServer.ReadErrorAsync(response, HttpStatusCode.BadRequest);

        Assert.Equal(param, error.Param);
        Assert.Equal(code, error.Code);
    }

    [Fact]
    public async Task Top_p_of_zero_is_greedy()
    {
        JsonObject body = Bodies.Chat("Speak, my lord.", 12);
        string greedy = Texts(await server.PostAsync(Path, body))[0];
        body["temperature"] = 2;
        body["top_p"] = 0;

        Assert.Equal(greedy, Texts(await server.PostAsync(Path, body))[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tokenized_conversation_is_the_prompt(bool thinks)
    {
        string kwargs = $$$""","chat_template_kwargs":{"enable_thinking":{{{(thinks ? "true" : "false")}}}}""";
        JsonElement tokens = await server.PostAsync(
            "/tokenize", Bodies.Parse($$"""{"messages":[{"role":"user","content":"Speak."}]{{kwargs}}}"""));
        JsonElement answer = await server.PostAsync(Path, Bodies.Chat("Speak.", 1, kwargs));

        Assert.Equal(answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), tokens.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Prompt_longer_than_the_context_is_refused()
    {
        string text = string.Concat(Enumerable.Range(0, 3000));
        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(Path, Bodies.Chat(text, 1));

        ApiError error = await GuardedServer.ReadErrorAsync(response, HttpStatusCode.BadRequest);

        Assert.Equal(("messages", "context_length_exceeded"), (error.Param, error.Code));
        Assert.Matches(@"^the prompt has \d+ tokens; the context holds 1024$", error.Message);
    }

    private static string[] Texts(JsonElement completion) => [.. completion.GetProperty("choices").EnumerateArray()
        .Select(choice => choice.GetProperty("message").GetProperty("content").GetString()!)];

    private static string? Text(JsonElement delta, string name) => delta.TryGetProperty(name, out JsonElement text) ? text.GetString() : null;
}
