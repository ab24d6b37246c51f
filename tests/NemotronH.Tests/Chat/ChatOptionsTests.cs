using System.Text.Json;
using Microsoft.Extensions.AI;
using NemotronH.Chat;
using NemotronH.Generation;

namespace NemotronH.Tests.Chat;

/// <summary>Every member of ChatOptions arrives, or is refused by its name.</summary>
public sealed class ChatOptionsTests
{
    private static readonly ChatMessage[] Hello = [new(ChatRole.User, "Hello")];

    [Fact]
    public void What_the_engine_knows_arrives()
    {
        ChatRequest request = Build(new ChatOptions
        {
            MaxOutputTokens = 7,
            Temperature = 0.8f,
            TopP = 0.9f,
            TopK = 5,
            FrequencyPenalty = 0.1f,
            PresencePenalty = -0.2f,
            Seed = 42,
            StopSequences = ["\n\n"],
            AllowMultipleToolCalls = false,
            ModelId = "tiny",
            AdditionalProperties = new() { ["min_p"] = 0.05, ["repetition_penalty"] = 1.1, ["force_nonempty_content"] = true },
        });
        GenerationOptions options = request.Options;
        Assert.Equal((7, 0.8, 0.9, 5), (options.MaxTokens, options.Temperature, options.TopP, options.TopK));
        Assert.Equal((0.1, -0.2, 42L, 0.05, 1.1), (options.FrequencyPenalty, options.PresencePenalty, options.Seed, options.MinP, options.RepetitionPenalty));
        Assert.Equal(["\n\n"], options.StopStrings);
        Assert.Equal((false, true), (request.AllowMultipleToolCalls, request.ForceNonemptyContent));
        Assert.Null(request.Tools);
    }

    [Fact]
    public void Native_options_win_over_the_common_ones()
    {
        ChatOptions options = new() { Temperature = 0.5f, MaxOutputTokens = 9, RawRepresentationFactory = _ => new GenerationOptions { Temperature = 0.25, IgnoreEos = true } };
        GenerationOptions merged = Build(options).Options;
        Assert.Equal((0.25, 9, true), (merged.Temperature, merged.MaxTokens, merged.IgnoreEos));
    }

    [Theory]
    [InlineData(ReasoningEffort.None, """{"enable_thinking":false}""")]
    [InlineData(ReasoningEffort.Low, """{"enable_thinking":true,"low_effort":true}""")]
    [InlineData(ReasoningEffort.Medium, """{"enable_thinking":true,"medium_effort":true}""")]
    [InlineData(ReasoningEffort.High, """{"enable_thinking":true}""")]
    [InlineData(ReasoningEffort.ExtraHigh, """{"enable_thinking":true}""")]
    public void Effort_becomes_template_arguments(ReasoningEffort effort, string expected) =>
        Assert.Equal(expected, Build(new ChatOptions { Reasoning = new() { Effort = effort } }).TemplateArguments!.Value.GetRawText());

    [Fact]
    public void Template_arguments_of_the_caller_win()
    {
        ChatOptions options = new()
        {
            Reasoning = new() { Effort = ReasoningEffort.High },
            AdditionalProperties = new() { ["chat_template_kwargs"] = new Dictionary<string, object> { ["enable_thinking"] = false } },
        };
        Assert.Equal("""{"enable_thinking":false}""", Build(options).TemplateArguments!.Value.GetRawText());
    }

    [Fact]
    public void Messages_are_written_as_templates_read_them()
    {
        ChatMessage[] messages =
        [
            new(ChatRole.System, "Be brief."),
            new(ChatRole.User, [new TextContent("What "), new TextContent("time?")]),
            new(ChatRole.Assistant, [new TextReasoningContent("Ask."), new FunctionCallContent("c1", "clock", new Dictionary<string, object?> { ["zone"] = "UTC" })]),
            new(ChatRole.Tool, [new FunctionResultContent("c1", new { hour = 9 }), new FunctionResultContent("c2", "ten")]),
            new(ChatRole.Assistant, "Nine.") { AuthorName = "bot" },
        ];
        JsonElement expected = JsonElement.Parse("""
            [{"role": "system", "content": "Speak English.\n\nBe brief."},
             {"role": "user", "content": "What time?"},
             {"role": "assistant", "content": "", "reasoning_content": "Ask.",
              "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "clock", "arguments": {"zone": "UTC"}}}]},
             {"role": "tool", "tool_call_id": "c1", "content": "{\"hour\":9}"},
             {"role": "tool", "tool_call_id": "c2", "content": "ten"},
             {"role": "assistant", "content": "Nine.", "name": "bot"}]
            """);
        JsonElement written = MessageWriter.Write(messages, "Speak English.");
        Assert.True(JsonElement.DeepEquals(expected, written), written.GetRawText());
        Assert.Equal("""[{"role":"system","content":"Speak English."},{"role":"user","content":"Hello"}]""", MessageWriter.Write(Hello, "Speak English.").GetRawText());
    }

    [Fact]
    public void Tools_are_written_with_their_schemas()
    {
        AIFunction tool = AIFunctionFactory.Create((int hour) => hour, "clock", "Tells the time.");
        JsonElement written = Build(new ChatOptions { Tools = [tool], ToolMode = ChatToolMode.RequireSpecific("clock") }) is { } request
            ? request.Tools!.Value[0].GetProperty("function") : default;
        Assert.Equal(("clock", "Tells the time."), (written.GetProperty("name").GetString(), written.GetProperty("description").GetString()));
        Assert.Equal("integer", written.GetProperty("parameters").GetProperty("properties").GetProperty("hour").GetProperty("type").GetString());
    }

    public static TheoryData<string, ChatOptions> Refused => new()
    {
        { "ConversationId is not supported: every request brings its whole conversation", new() { ConversationId = "1" } },
        { "ContinuationToken is not supported", new() { ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }) } },
        { "AllowBackgroundResponses is not supported", new() { AllowBackgroundResponses = true } },
        { "ModelId is 'gpt'; this client serves 'tiny'", new() { ModelId = "gpt" } },
        { "Reasoning.Output Summary is not supported; expected None or Full", new() { Reasoning = new() { Output = ReasoningOutput.Summary } } },
        { "Tools: 'web_search' is a HostedWebSearchTool; only functions are supported", new() { Tools = [new HostedWebSearchTool()] } },
        { "RawRepresentationFactory gave a String; expected GenerationOptions or null", new() { RawRepresentationFactory = _ => "x" } },
        {
            "AdditionalProperties: 'top_a' is not supported; supported are chat_template_kwargs, force_nonempty_content, min_p, repetition_penalty",
            new() { AdditionalProperties = new() { ["top_a"] = 1 } }
        },
        { "AdditionalProperties: 'min_p' is a string; expected a number", new() { AdditionalProperties = new() { ["min_p"] = "0.1" } } },
        { "AdditionalProperties: 'chat_template_kwargs' is true; expected an object", new() { AdditionalProperties = new() { ["chat_template_kwargs"] = true } } },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void What_is_not_supported_is_refused_by_its_name(string message, ChatOptions options) =>
        Assert.Equal(message, Assert.Throws<NotSupportedException>(() => Build(options)).Message);

    [Fact]
    public void Content_that_is_not_text_is_refused()
    {
        ChatMessage picture = new(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")]);
        Assert.Equal(
            "a message of the user has DataContent (image/png); the model reads text, reasoning, function calls and their results",
            Assert.Throws<NotSupportedException>(() => MessageWriter.Write([picture], null)).Message);
    }

    [Fact]
    public void Arguments_and_results_that_are_no_JSON_name_their_call()
    {
        Dictionary<string, object?> cycle = [];
        cycle["self"] = cycle;
        Assert.StartsWith(
            "the arguments of the call 'c1' of 'clock' cannot be written as JSON: ",
            Assert.Throws<RequestException>(() => MessageWriter.Write([new(ChatRole.Assistant, [new FunctionCallContent("c1", "clock", cycle)])], null)).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "the result of the call 'c1' cannot be written as JSON: ",
            Assert.Throws<RequestException>(() => MessageWriter.Write([new(ChatRole.Tool, [new FunctionResultContent("c1", cycle)])], null)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Each member of the version that is shipped, set by itself: the request is another one, or is refused by the member's name.</summary>
    [Fact]
    public void No_member_is_ignored()
    {
        Dictionary<string, object> values = new()
        {
            ["AdditionalProperties"] = new AdditionalPropertiesDictionary { ["min_p"] = 0.5 },
            ["AllowBackgroundResponses"] = true,
            ["AllowMultipleToolCalls"] = false,
            ["ContinuationToken"] = ResponseContinuationToken.FromBytes(new byte[] { 1 }),
            ["ConversationId"] = "1",
            ["FrequencyPenalty"] = 0.5f,
            ["Instructions"] = "Speak.",
            ["MaxOutputTokens"] = 5,
            ["ModelId"] = "another",
            ["PresencePenalty"] = 0.5f,
            ["RawRepresentationFactory"] = (IChatClient _) => new GenerationOptions { IgnoreEos = true },
            ["Reasoning"] = new ReasoningOptions { Effort = ReasoningEffort.None },
            ["ResponseFormat"] = ChatResponseFormat.Json,
            ["Seed"] = 5L,
            ["StopSequences"] = new List<string> { "." },
            ["Temperature"] = 0.5f,
            ["ToolMode"] = ChatToolMode.None,
            ["Tools"] = new List<AITool> { AIFunctionFactory.Create(() => 1, "one") },
            ["TopK"] = 5,
            ["TopP"] = 0.5f,
        };
        Assert.Equal(values.Keys.Order(), typeof(ChatOptions).GetProperties().Select(member => member.Name).Order());
        string unset = Outcome(new ChatOptions(), "");
        foreach ((string name, object value) in values)
        {
            ChatOptions options = new();
            typeof(ChatOptions).GetProperty(name)!.SetValue(options, value);
            Assert.NotEqual(unset, Outcome(options, name));
        }

        Assert.Equal(["Effort", "Output"], typeof(ReasoningOptions).GetProperties().Select(member => member.Name).Order());
    }

    private static string Outcome(ChatOptions options, string member)
    {
        try
        {
            ChatRequest request = Build(options);
            return $"{request} {string.Join('|', request.Options.StopStrings)}";
        }
        catch (NotSupportedException refusal)
        {
            Assert.StartsWith(member, refusal.Message, StringComparison.Ordinal);
            return refusal.Message;
        }
    }

    private static ChatRequest Build(ChatOptions options) => ChatRequestBuilder.Build(null!, Hello, options, "tiny");
}
