using System.Text.Json;
using NemotronH.Chat;
using NemotronH.Server.Errors;
using NemotronH.Server.Requests;
using ChatRequest = NemotronH.Server.Requests.ChatRequest;

namespace NemotronH.Server.Tests;

public sealed class ChatRequestTests
{
    private const string Tool = """{"type":"function","function":{"name":"weather","description":"d","parameters":{"type":"object"},"strict":true}}""";

    [Fact]
    public void Everything_that_is_understood_arrives()
    {
        ChatRequest chat = Reading.ChatWith(
            """
            "model":"m","max_completion_tokens":7,"temperature":0.5,"top_p":0.9,"top_k":40,"min_p":0.05,"repetition_penalty":1.1,
            "frequency_penalty":-1,"presence_penalty":2,"logit_bias":{"5":-100,"7":1.5},"seed":-3,"stop":["a","b"],"ignore_eos":true,
            "skip_special_tokens":false,"n":2,"stream":true,"stream_options":{"include_usage":true},"logprobs":true,"top_logprobs":3,
            "parallel_tool_calls":false,"response_format":{"type":"json_object"},"chat_template_kwargs":{"enable_thinking":false},
            "user":"u","metadata":{"k":"v"},"store":false,"service_tier":"auto","modalities":["text"],"prompt_cache_key":"p"
            """);

        Assert.Equal(("m", 2, 3, false), (chat.Model, chat.Choices, chat.TopLogProbs, chat.ParallelToolCalls));
        Assert.Equal(new StreamParameters(true, true), chat.Stream);
        Assert.Equal(ResponseFormatKind.JsonObject, chat.ResponseFormat.Kind);
        Assert.False(chat.TemplateArguments!.Value.GetProperty("enable_thinking").GetBoolean());
        SamplingParameters sampling = chat.Sampling;
        Assert.Equal((7, 0.5, 0.9, 40), (sampling.MaxTokens, sampling.Temperature, sampling.TopP, sampling.TopK));
        Assert.Equal((0.05, 1.1, -1, 2), (sampling.MinP, sampling.RepetitionPenalty, sampling.FrequencyPenalty, sampling.PresencePenalty));
        Assert.Equal(new Dictionary<int, float> { [5] = -100, [7] = 1.5f }, sampling.LogitBias);
        Assert.Equal((-3L, true, true), (sampling.Seed, sampling.IgnoreEos, sampling.KeepSpecialTokens));
        Assert.Equal(["a", "b"], sampling.Stop);
    }

    /// <summary>lm-evaluation-harness and OpenAI's own answers have them; a model cannot see them.</summary>
    [Fact]
    public void What_says_nothing_in_messages_is_passed_over()
    {
        ChatRequest chat = Reading.Chat("""
            {"messages":[
              {"role":"user","type":"text","content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}]},
              {"role":"assistant","content":"Ho","id":"msg_1","annotations":[],"refusal":null},
              {"role":"user","content":"Hi"}]}
            """);

        Assert.True(Reading.Same(
            """[{"role":"user","content":"Hi"},{"role":"assistant","content":"Ho"},{"role":"user","content":"Hi"}]""", chat.Messages));
    }

    [Fact]
    public void What_is_not_said_is_left_open()
    {
        ChatRequest chat = Reading.Chat($$"""{"messages":{{Reading.Messages}},"temperature":null,"tools":null,"audio":null,"anything":null}""");

        Assert.Null(chat.Model);
        Assert.Null(chat.Sampling.Temperature);
        Assert.Null(chat.Sampling.MaxTokens);
        Assert.Null(chat.Tools);
        Assert.Null(chat.TopLogProbs);
        Assert.Equal(new ToolChoice(ToolChoiceMode.None), chat.ToolChoice);
        Assert.Equal(new StreamParameters(false, false), chat.Stream);
        Assert.Equal(1, chat.Choices);
    }

    [Theory]
    [InlineData("\"audio\":{}", "audio")]
    [InlineData("\"functions\":[]", "functions")]
    [InlineData("\"reasoning_effort\":\"low\"", "reasoning_effort")]
    [InlineData("\"web_search_options\":{}", "web_search_options")]
    public void Parameters_that_are_not_supported_are_named(string parameter, string name)
    {
        Assert.Equal(
            new ApiError($"'{name}' is not supported by this server", "invalid_request_error", name, "unsupported_parameter"),
            Reading.Fails(() => Reading.ChatWith(parameter)));
    }

    [Theory]
    [InlineData("\"temprature\":1", "temprature", "there is no parameter 'temprature'", "unknown_parameter")]
    [InlineData("\"stream\":true,\"stream_options\":{\"x\":1}", "stream_options.x", "there is no parameter 'stream_options.x'", "unknown_parameter")]
    [InlineData("\"temperature\":\"hot\"", "temperature", "'temperature' is a string; expected a number from 0 to 2", "invalid_type")]
    [InlineData("\"temperature\":2.1", "temperature", "'temperature' is 2.1; expected a number from 0 to 2", "invalid_value")]
    [InlineData("\"temperature\":1e999", "temperature", "'temperature' is 1e999; expected a number from 0 to 2", "invalid_value")]
    [InlineData("\"max_tokens\":0", "max_tokens", "'max_tokens' is 0; expected a whole number from 1 to 2147483647", "invalid_value")]
    [InlineData("\"max_tokens\":1.5", "max_tokens", "'max_tokens' is 1.5; expected a whole number from 1 to 2147483647", "invalid_value")]
    [InlineData("\"n\":129", "n", "'n' is 129; expected a whole number from 1 to 128", "invalid_value")]
    [InlineData("\"stream\":1", "stream", "'stream' is a number; expected true or false", "invalid_type")]
    [InlineData("\"stop\":7", "stop", "'stop' is a number; expected a string or a list of strings", "invalid_type")]
    [InlineData("\"stop\":[\"a\",7]", "stop[1]", "'stop[1]' is a number; expected a string", "invalid_type")]
    [InlineData("\"stop\":\"\"", "stop", "'stop' holds 1 strings; expected at most 16, none of them empty", "invalid_value")]
    [InlineData("\"stop\":\"\\ud83d\"", "stop", "'stop' holds half of a surrogate pair; expected whole characters", "invalid_value")]
    [InlineData("\"logit_bias\":[]", "logit_bias", "'logit_bias' is a list; expected an object of numbers by token id", "invalid_type")]
    [InlineData("\"logit_bias\":{\"x\":1}", "logit_bias", "'logit_bias' has an entry that is not understood; expected at most 1024 token ids with numbers from -100 to 100", "invalid_value")]
    [InlineData("\"top_logprobs\":2", "top_logprobs", "'top_logprobs' is given, but 'logprobs' is not true", "invalid_value")]
    [InlineData("\"stream_options\":{}", "stream_options", "'stream_options' is given, but 'stream' is not true", "invalid_value")]
    [InlineData("\"max_tokens\":1,\"max_completion_tokens\":2", "max_tokens", "'max_tokens' and 'max_completion_tokens' are given and differ; expected one of them", "invalid_value")]
    [InlineData("\"store\":true", "store", "'store' is not supported by this server: it keeps no answers", "unsupported_parameter")]
    [InlineData("\"service_tier\":\"flex\"", "service_tier", "'service_tier' is 'flex'; expected 'auto' or 'default'", "invalid_value")]
    [InlineData("\"modalities\":[\"text\",\"audio\"]", "modalities", "'modalities' asks for more than text, which this server does not make", "unsupported_value")]
    [InlineData("\"chat_template_kwargs\":[]", "chat_template_kwargs", "'chat_template_kwargs' is a list; expected an object", "invalid_type")]
    [InlineData("\"response_format\":{}", "response_format.type", "'response_format.type' is missing", "missing_required_parameter")]
    [InlineData("\"response_format\":{\"type\":\"xml\"}", "response_format.type", "'response_format.type' is 'xml'; expected 'text' or 'json_object' or 'json_schema'", "invalid_value")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\"}}", "response_format.json_schema.schema", "'response_format.json_schema.schema' is missing", "missing_required_parameter")]
    public void Parameters_that_are_wrong_are_named_with_what_was_expected(string parameter, string name, string message, string code)
    {
        Assert.Equal(new ApiError(message, "invalid_request_error", name, code), Reading.Fails(() => Reading.ChatWith(parameter)));
    }

    [Theory]
    [InlineData("[]", null, "the request is a list; expected an object")]
    [InlineData("{}", "messages", "'messages' is missing")]
    [InlineData("""{"messages":"Hi"}""", "messages", "'messages' is a string; expected a list")]
    [InlineData("""{"messages":[]}""", "messages", "'messages' is empty; expected at least one message")]
    [InlineData("""{"messages":["Hi"]}""", "messages[0]", "'messages[0]' is a string; expected an object")]
    [InlineData("""{"messages":[{"content":"x"}]}""", "messages[0].role", "'messages[0].role' is missing")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "messages[0].content", "'messages[0].content' is missing")]
    [InlineData("""{"messages":[{"role":"bot","content":"x"}]}""", "messages[0].role", "'messages[0].role' is 'bot'; expected 'system' or 'developer' or 'user' or 'assistant' or 'tool'")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}""", "messages[0].content[0].type", "'messages[0].content[0]' is not text; this server's models read nothing else")]
    [InlineData("""{"messages":[{"role":"user","content":"x","tool_calls":[]}]}""", "messages[0].tool_calls", "there is no parameter 'messages[0].tool_calls'")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"id":"a"}]}]}""", "messages[0].tool_calls[0].function", "'messages[0].tool_calls[0].function' is missing")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{}}}]}]}""", "messages[0].tool_calls[0].function.arguments", "'messages[0].tool_calls[0].function.arguments' is an object; expected a string")]
    public void Messages_that_are_wrong_are_named(string json, string? name, string message)
    {
        ApiError error = Reading.Fails(() => Reading.Chat(json));

        Assert.Equal((name, message), (error.Param, error.Message));
    }

    [Fact]
    public void Messages_come_in_the_form_that_templates_take()
    {
        ChatRequest chat = Reading.Chat(
            """
            {"messages":[
              {"role":"developer","content":"Be brief.","name":"boss"},
              {"role":"user","content":[{"type":"text","text":"Größe?"},{"type":"text","text":"😀"}]},
              {"role":"assistant","content":null,"reasoning":"hm","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
              {"role":"tool","tool_call_id":"c1","content":"42"}
            ]}
            """);

        Assert.True(Reading.Same(
            """
            [
              {"role":"system","content":"Be brief.","name":"boss"},
              {"role":"user","content":"Größe?\n😀"},
              {"role":"assistant","content":"","reasoning_content":"hm","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
              {"role":"tool","content":"42","tool_call_id":"c1"}
            ]
            """,
            chat.Messages));
    }

    [Theory]
    [InlineData("", ToolChoiceMode.Auto, null)]
    [InlineData(",\"tool_choice\":\"none\"", ToolChoiceMode.None, null)]
    [InlineData(",\"tool_choice\":\"auto\"", ToolChoiceMode.Auto, null)]
    [InlineData(",\"tool_choice\":\"required\"", ToolChoiceMode.Required, null)]
    [InlineData(",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"weather\"}}", ToolChoiceMode.Required, "weather")]
    public void Tools_are_called_as_the_request_says(string choice, ToolChoiceMode mode, string? function)
    {
        ChatRequest chat = Reading.ChatWith($"\"tools\":[{Tool}]{choice}");

        Assert.Equal(new ToolChoice(mode, function), chat.ToolChoice);
        Assert.True(Reading.Same($"[{Tool}]", chat.Tools!.Value));
    }

    [Theory]
    [InlineData("\"tool_choice\":\"required\"", "tool_choice", "'tool_choice' asks for a tool call, but there are no 'tools'")]
    [InlineData("\"tools\":[TOOL],\"tool_choice\":{\"function\":{\"name\":\"x\"}}", "tool_choice", "'tool_choice' names 'x', which is none of the 'tools'")]
    [InlineData("\"tools\":[TOOL],\"tool_choice\":\"maybe\"", "tool_choice", "'tool_choice' is not one of 'none', 'auto', 'required'")]
    [InlineData("\"tools\":[TOOL,TOOL]", "tools[1].function.name", "'tools[1].function.name' is the name of an earlier tool")]
    [InlineData("\"tools\":[{\"function\":{\"name\":\"x\"}}]", "tools[0].type", "'tools[0].type' is missing")]
    [InlineData("\"tools\":[{\"type\":\"web_search\"}]", "tools[0].type", "'tools[0].type' is 'web_search'; expected 'function'")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}]", "tools[0].function.name", "'tools[0].function.name' is no name of a function; expected at most 64 letters, digits, underscores, dots and dashes")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"x\",\"parameters\":[]}}]", "tools[0].function.parameters", "'tools[0].function.parameters' is a list; expected a JSON schema")]
    public void Tools_that_are_wrong_are_named(string parameter, string name, string message)
    {
        ApiError error = Reading.Fails(() => Reading.ChatWith(parameter.Replace("TOOL", Tool, StringComparison.Ordinal)));

        Assert.Equal((name, message), (error.Param, error.Message));
    }

    [Fact]
    public void Schema_of_the_answer_arrives()
    {
        ResponseFormat format = Reading.ChatWith(
            """
            "response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":{"type":"object"}}}
            """).ResponseFormat;

        Assert.Equal(ResponseFormatKind.JsonSchema, format.Kind);
        Assert.Equal(JsonValueKind.Object, format.Schema!.Value.ValueKind);
    }

    [Fact]
    public void Requests_of_random_values_are_read_or_refused_with_400_and_nothing_else_happens()
    {
        string[] names =
        [
            "messages", "model", "n", "stop", "tools", "tool_choice", "response_format", "logit_bias", "stream", "stream_options", "seed", "logprobs",
            "top_logprobs", "role", "content", "type", "function", "name", "\\ud800", "max_tokens", "temperature", "metadata", "modalities",
        ];
        string[] values = ["null", "true", "0", "-1", "1e400", "99999999999999999999", "\"x\"", "\"\\udc00\"", "\"text\"", "\"user\"", "\"function\"", "[]", "{}"];
        var random = new Random(20261122);
        int refused = 0;
        for (int i = 0; i < 5000; i++)
        {
            string json = $$"""{"messages":{{(random.Next(3) == 0 ? Value(3) : Reading.Messages)}},"x":null{{Members(2)}}}""";
            try
            {
                Reading.Chat(json);
            }
            catch (ApiException exception)
            {
                Assert.Equal(400, exception.Status);
                refused++;
            }
            catch (JsonException)
            {
                // The same name twice at the top: RequestBody refuses that.
            }
        }

        Assert.InRange(refused, 2000, 4999);

        string Members(int depth) => string.Concat(
            Enumerable.Range(0, random.Next(4)).Select(_ => $",\"{names[random.Next(names.Length)]}\":{Value(depth)}"));

        string Value(int depth) => depth == 0 || random.Next(2) == 0 ? values[random.Next(values.Length)]
            : random.Next(2) == 0 ? $"[{string.Join(',', Enumerable.Range(0, random.Next(3)).Select(_ => Value(depth - 1)))}]"
            : $$"""{"x":null{{Members(depth - 1)}}}""";
    }
}
