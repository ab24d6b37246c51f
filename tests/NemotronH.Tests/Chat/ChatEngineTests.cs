using System.Text.Json;
using NemotronH.Chat;
using NemotronH.Generation;
using NemotronH.Generation.Constraints;
using NemotronH.Text.Parsing;
using NemotronH.Text.Templates;

namespace NemotronH.Tests.Chat;

public sealed class ChatEngineTests(TinyChat tiny) : IClassFixture<TinyChat>
{
    private const string Tool = """{"type": "function", "function": {"name": "play", "parameters": {"type": "object", "properties": {"act": {"type": "integer", "minimum": 1, "maximum": 5}}, "required": ["act"]}}}""";
    private static readonly JsonElement Hello = JsonElement.Parse("""[{"role": "user", "content": "ROMEO:"}]""");

    private ChatEngine Chat => (ChatEngine)tiny.Client.GetService(typeof(ChatEngine))!;

    [Fact]
    public async Task Every_token_comes_with_what_it_makes_certain()
    {
        await using ChatGeneration generation = Chat.Submit(new ChatRequest { Messages = Hello, TopLogProbs = 2, Options = new() { MaxTokens = 12, Seed = 1 } });
        List<ChatDelta> deltas = await generation.ReadAllAsync().ToListAsync();
        Assert.Equal(13, deltas.Count);
        Assert.All(deltas.SkipLast(1), delta => Assert.Equal(2, delta.Token!.Top.Count));
        Assert.Null(deltas[^1].Token);
        Assert.Equal(ChatFinish.Length, generation.Finish);
        Assert.Equal((12, 0), (generation.Usage.CompletionTokens, generation.Usage.ReasoningTokens));
    }

    [Fact]
    public async Task A_call_is_required_behind_free_reasoning()
    {
        ChatTemplate template = ChatTemplate.Parse("{% for m in messages %}{{ m.content }}{% endfor %}<think>");
        ChatEngine chat = new(tiny.Engine, template);
        ChatRequest request = new()
        {
            Messages = Hello,
            Tools = JsonElement.Parse($"[{Tool}]"),
            ToolChoice = ToolChoice.Required,

            // The tiny model would never come to an end of its reasoning; with this bias it does at once.
            Options = new() { MaxTokens = 200, Seed = 2, LogitBias = new Dictionary<int, float> { [tiny.Engine.Tokenizer!.TokenToId("</think>")!.Value] = 100 } },
        };
        await using ChatGeneration generation = chat.Submit(request);
        ModelOutput output = ModelOutput.From((await generation.ReadAllAsync().ToListAsync()).SelectMany(delta => delta.Events));
        Assert.Equal("play", Assert.Single(output.ToolCalls).Name);
        Assert.InRange(JsonElement.Parse(output.ToolCalls[0].Arguments).GetProperty("act").GetInt32(), 1, 5);
        Assert.Equal(ChatFinish.ToolCalls, generation.Finish);
    }

    [Fact]
    public async Task A_format_holds_behind_free_reasoning()
    {
        ChatEngine chat = new(tiny.Engine, ChatTemplate.Parse("{{ messages[0].content }}<think>"));
        ChatRequest request = new()
        {
            Messages = Hello,
            ResponseFormat = JsonGrammar.FromSchema(JsonElement.Parse("""{"type": "object", "properties": {"act": {"enum": [1, 2]}}, "required": ["act"]}""")),
            Options = new() { MaxTokens = 200, Seed = 2, LogitBias = new Dictionary<int, float> { [tiny.Engine.Tokenizer!.TokenToId("</think>")!.Value] = 5 } },
        };
        await using ChatGeneration generation = chat.Submit(request);
        ModelOutput output = ModelOutput.From((await generation.ReadAllAsync().ToListAsync()).SelectMany(delta => delta.Events));
        Assert.InRange(JsonElement.Parse(output.Content).GetProperty("act").GetInt32(), 1, 2);
        Assert.Equal(ChatFinish.Stop, generation.Finish);
        Assert.Equal(output.Reasoning is null, generation.Usage.ReasoningTokens == 0);
    }

    [Theory]
    [InlineData("{}", "tools is an object; expected a list")]
    [InlineData("[5]", "tools[0] is no function with a name")]
    [InlineData("""[{"type": "function", "function": {"name": ""}}]""", "tools[0] is no function with a name")]
    [InlineData($"[{Tool}]", "the tool 'sing' must be called, but the request has none of that name", "sing")]
    [InlineData("""[{"function": {"name": "a>b"}}]""", "the tool 'a>b' has '<', '>' or a line break in its name; the model writes names in tags")]
    [InlineData("""[{"function": {"name": "a", "parameters": {"properties": {"x\ny": {}}}}}]""", "the parameter 'x?y' of the tool 'a' has '<', '>' or a line break in its name; the model writes names in tags")]
    [InlineData("[]", "a tool must be called, but the request has none", "")]
    public void Tools_that_cannot_be_called_are_refused(string tools, string message, string? required = null)
    {
        ToolChoice choice = required is null ? ToolChoice.Auto : required == "" ? ToolChoice.Required : ToolChoice.Function(required);
        ChatRequest request = new() { Messages = Hello, Tools = JsonElement.Parse(tools), ToolChoice = choice };
        Assert.Equal(message, Assert.Throws<RequestException>(() => Chat.Submit(request)).Message);
    }

    /// <summary>The model is made to write two calls; only the first is read, and counted.</summary>
    [Fact]
    public async Task Tokens_behind_the_first_call_are_not_counted_where_it_ends_the_answer()
    {
        const string Call = "<tool_call>\n<function=play>\n<parameter=act>\n1\n</parameter>\n</function>\n</tool_call>";
        int[] ids = tiny.Engine.Tokenizer!.Encode(Call, addSpecialTokens: false);
        await using EngineGeneration two = tiny.Engine.Submit(new EngineRequest { PromptIds = [5], Constraint = new Forced([.. ids, .. ids]) });
        ModelOutputParser parser = new(new OutputParserOptions { ToolCallFormat = ToolCallFormat.FunctionTags });
        while (two.FinishReason is null)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await using ChatGeneration generation = new(two, parser, allowMultipleToolCalls: false);
        ModelOutput output = ModelOutput.From((await generation.ReadAllAsync().ToListAsync()).SelectMany(delta => delta.Events));
        Assert.Single(output.ToolCalls);
        Assert.Equal((ChatFinish.ToolCalls, ids.Length), (generation.Finish, generation.Usage.CompletionTokens));
        Assert.Equal(2 * ids.Length, two.Usage.CompletionTokens);
    }

    [Fact]
    public async Task A_full_queue_is_known_before_the_prompt_is_rendered()
    {
        await using InferenceEngine engine = await InferenceEngine.LoadAsync(Fixtures.TinyModel, TinyChat.EngineOptions with { MaxSequences = 1, QueueLimit = 0 });
        ChatEngine chat = new(engine, ChatTemplate.Parse("{{ raise_exception('rendered') }}"));
        await using (engine.Submit(new EngineRequest { PromptIds = [5], Options = new() { IgnoreEos = true } }))
        {
            Assert.Throws<EngineBusyException>(() => chat.Submit(new ChatRequest { Messages = Hello }));
        }

        Assert.Throws<TemplateException>(() => chat.Submit(new ChatRequest { Messages = Hello }));
    }

    [Fact]
    public void What_the_template_or_the_engine_refuses_names_its_cause()
    {
        Assert.StartsWith("messages: ", Assert.Throws<TemplateException>(() => Chat.Submit(new ChatRequest { Messages = JsonElement.Parse("{}") })).Message, StringComparison.Ordinal);
        ChatRequest hot = new() { Messages = Hello, Options = new GenerationOptions { Temperature = -1 } };
        Assert.Equal("temperature is -1; expected 0 or more", Assert.Throws<RequestException>(() => Chat.Submit(hot)).Message);
    }

    [Fact]
    public async Task A_conversation_without_messages_is_refused()
    {
        const string Expected = "messages is empty; expected at least one message";
        Assert.Equal(Expected, Assert.Throws<RequestException>(() => Chat.Submit(new ChatRequest { Messages = JsonElement.Parse("[]") })).Message);
        Assert.Equal(Expected, (await Assert.ThrowsAsync<RequestException>(() => tiny.Client.GetResponseAsync([]))).Message);
        Assert.NotEqual("", (await tiny.Client.GetResponseAsync([], new() { Instructions = "Speak.", MaxOutputTokens = 3, Seed = 1 })).Text);
    }

    /// <summary>Leaves the model one token at a time.</summary>
    private sealed class Forced(int[] ids) : TokenConstraint
    {
        private int _next;

        public override bool IsComplete => _next == ids.Length;

        public override void Apply(Span<float> logits)
        {
            float kept = logits[ids[_next]];
            logits.Fill(float.NegativeInfinity);
            logits[ids[_next]] = kept;
        }

        public override void Accept(int token) => _next++;
    }
}
