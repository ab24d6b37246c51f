using System.Text.Json;
using NemotronH.Server.Errors;
using NemotronH.Server.Protocol;

namespace NemotronH.Server.Tests;

/// <summary>The bodies against examples in the form of OpenAI's API reference.</summary>
public sealed class ServerJsonTests
{
    [Fact]
    public void Chat_completion_has_OpenAIs_form()
    {
        var message = new AnswerMessage("assistant", "Größe <b> 😀", "hm", "hm", null);
        var completion = new ChatCompletion(
            "chatcmpl-1", 1700000000, "m", [new ChatChoice(0, message, null, "stop")], new Usage(3, 4, 7, new PromptTokensDetails(2)));

        Assert.Equal(
            """
            {"id":"chatcmpl-1","created":1700000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Größe <b> 😀",
            "reasoning_content":"hm","reasoning":"hm"},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,
            "total_tokens":7,"prompt_tokens_details":{"cached_tokens":2}},"object":"chat.completion"}
            """.ReplaceLineEndings(""),
            JsonSerializer.Serialize(completion, ServerJson.Plain.ChatCompletion).Replace("\\uD83D\\uDE00", "😀", StringComparison.Ordinal));
    }

    [Fact]
    public void Tool_calls_stand_beside_a_null_content()
    {
        var call = new ToolCallBody(null, "call_1", "function", new FunctionCall("f", "{\"a\":1}"));
        var completion = new ChatCompletion(
            "x", 0, "m", [new ChatChoice(0, new AnswerMessage("assistant", null, null, null, [call]), null, "tool_calls")], new Usage(1, 1, 2, null));

        Assert.Contains(
            """message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}""",
            JsonSerializer.Serialize(completion, ServerJson.Plain.ChatCompletion));
    }

    [Fact]
    public void Chunks_hold_what_is_new_and_nothing_else()
    {
        var delta = new AnswerDelta(null, "Hi", null, null, null);
        var chunk = new ChatCompletionChunk("x", 0, "m", [new ChatChunkChoice(0, delta, null, null)], null);

        Assert.Equal(
            """{"id":"x","created":0,"model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"object":"chat.completion.chunk"}""",
            JsonSerializer.Serialize(chunk, ServerJson.Plain.ChatCompletionChunk));
    }

    [Fact]
    public void Completion_lists_probabilities_side_by_side()
    {
        var logprobs = new CompletionLogProbs(["a", "b"], [null, -0.5f], [null, new Dictionary<string, float> { ["b"] = -0.5f }], [0, 1]);
        var completion = new Completion("x", 0, "m", [new CompletionChoice(0, "ab", logprobs, "length")], null);

        Assert.Contains(
            """logprobs":{"tokens":["a","b"],"token_logprobs":[null,-0.5],"top_logprobs":[null,{"b":-0.5}],"text_offset":[0,1]},"finish_reason":"length"}""",
            JsonSerializer.Serialize(completion, ServerJson.Plain.Completion));
    }

    [Fact]
    public void Error_says_null_where_no_parameter_is_at_fault()
    {
        Assert.Equal(
            """{"error":{"message":"m","type":"server_error","param":null,"code":"c"}}""",
            JsonSerializer.Serialize(new ApiErrorBody(new ApiError("m", "server_error", null, "c")), ServerJson.Plain.ApiErrorBody));
    }
}
