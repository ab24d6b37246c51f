using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using NemotronH.Configuration;
using NemotronH.Tests.Checkpoints;
using NemotronH.Text.Parsing;
using NemotronH.Text.Templates;

namespace NemotronH.Tests.Text.Templates;

public sealed class ChatTemplateTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Numbers_keep_their_kind_and_keys_their_order()
    {
        const string Messages = """[{"z": 1.0, "a": 1, "b": 1e3, "c": -0, "d": -0.0, "e": 1E400, "f": 12345678901234567890123, "z": 2.50}]""";

        Assert.Equal(
            "{'z': 2.5, 'a': 1, 'b': 1000.0, 'c': 0, 'd': -0.0, 'e': inf, 'f': 12345678901234567890123}",
            Render("{{ messages[0] }}", Messages));
        Assert.Equal(
            """{"z": 2.5, "a": 1, "b": 1000.0, "c": 0, "d": -0.0, "e": Infinity, "f": 12345678901234567890123}""",
            Render("{{ messages[0] | tojson }}", Messages));
    }

    [Fact]
    public void Half_of_a_surrogate_pair_becomes_a_replacement_character() => Assert.Equal(
        "a\uFFFDb\n\" 😀|\uFFFDk",
        Render("{{ messages[0].values() | first }}|{{ messages[0] | first }}", """[{"\udc00k": "a\ud83db\n\" \ud83d\ude00"}]"""));

    [Fact]
    public void A_number_of_unreasonable_length_is_refused() => Assert.Equal(
        "a number in the request has 5000 digits; expected at most 4300",
        Assert.Throws<TemplateException>(() => Render("", $"[{new string('7', 5000)}]")).Message);

    [Theory]
    [InlineData("""{"function": {"name": "f", "arguments": "{\"b\": 1.0, \"a\": \"\\u00e9\"}"}}""", "{'function': {'name': 'f', 'arguments': {'b': 1.0, 'a': 'é'}}}")]
    [InlineData("""{"function": {"arguments": {"a": 1}}}""", "{'function': {'arguments': {'a': 1}}}")]
    [InlineData("""{"function": {"arguments": "[1]"}}""", "{'function': {'arguments': '[1]'}}")]
    [InlineData("""{"function": {"arguments": "oops"}}""", "{'function': {'arguments': 'oops'}}")]
    [InlineData("""{"function": {"arguments": " "}}""", "{'function': {'arguments': {}}}")]
    [InlineData("""{"function": {"arguments": null}}""", "{'function': {'arguments': None}}")]
    [InlineData("""{"name": "f", "arguments": "{}"}""", "{'name': 'f', 'arguments': {}}")]
    [InlineData("5", "5")]
    public void Arguments_of_a_tool_call_are_parsed_where_they_are_the_text_of_an_object(string call, string expected) =>
        Assert.Equal(expected, Render("{{ messages[0].tool_calls[0] }}", $$"""[{"tool_calls": [{{call}}]}]"""));

    [Fact]
    public void The_template_sees_what_transformers_gives_it()
    {
        ChatTemplate template = ChatTemplate.Parse(
            "{{ [tools, documents, add_generation_prompt, bos_token, style, pad_token is defined] }}",
            new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>" });

        Assert.Equal("[None, None, False, '<s>', Undefined, False]", template.Render(Json("[]")));
        Assert.Equal(
            "[[1], [2], True, '<x>', {'a': None}, False]",
            template.Render(Json("[]"), Json("[1]"), true, Json("""{"documents": [2], "bos_token": "<x>", "style": {"a": null}}""")));
        Assert.Equal("[[], None, False, '<s>', Undefined, False]", template.Render(Json("[]"), Json("[]"), true, Json("""{"add_generation_prompt": false}""")));
    }

    [Fact]
    public void Input_of_another_form_is_refused()
    {
        ChatTemplate template = ChatTemplate.Parse("");

        Assert.Equal("messages: is an object; expected a list", Failure(() => template.Render(Json("{}"))));
        Assert.Equal("messages: is missing; expected a list", Failure(() => template.Render(default)));
        Assert.Equal("tools: is true; expected a list", Failure(() => template.Render(Json("[]"), Json("true"))));
        Assert.Equal("template arguments: is a list; expected an object", Failure(() => template.Render(Json("[]"), kwargs: Json("[]"))));
        Assert.Equal(
            "the template arguments hold 'messages', which the request has a place of its own for",
            Failure(() => template.Render(Json("[]"), kwargs: Json("""{"messages": []}"""))));
    }

    [Fact]
    public void The_template_file_wins_over_the_tokenizers_config()
    {
        _directory.Write("tokenizer_config.json", """{"chat_template": "config {{ bos_token }}", "bos_token": "<s>"}""");
        Assert.Equal("config <s>", Load().Render(Json("[]")));

        _directory.Write("chat_template.jinja", "file {{ bos_token }}{{ eos_token }}");
        _directory.Write("special_tokens_map.json", """{"bos_token": "<a>", "eos_token": {"content": "</a>", "lstrip": false}, "pad_token": null}""");
        Assert.Equal("file <s></a>", Load().Render(Json("[]")));
    }

    [Fact]
    public void Of_named_templates_tool_use_serves_requests_with_tools()
    {
        _directory.Write("tokenizer_config.json", """
            {"chat_template": [{"name": "default", "template": "D"}, {"name": "tool_use", "template": "T<function={{ tools | length }}"}]}
            """);
        ChatTemplate template = Load();

        Assert.Equal("D", template.Render(Json("[]")));
        Assert.Equal("D", template.Render(Json("[]"), Json("null")));
        Assert.Equal("T<function=1", template.Render(Json("[]"), Json("[{}]")));
        Assert.Equal("T<function=0", template.Render(Json("[]"), Json("[]")));
        Assert.Equal(ToolCallFormat.FunctionTags, template.ToolCallFormat);
    }

    [Fact]
    public void Further_template_files_are_found()
    {
        _directory.Write("chat_template.jinja", "D");
        Directory.CreateDirectory(Path.Join(_directory.Path, "additional_chat_templates"));
        _directory.Write("additional_chat_templates/tool_use.jinja", "T");

        Assert.Equal("T", Load().Render(Json("[]"), Json("[{}]")));
    }

    [Theory]
    [InlineData("""{"chat_template": null}""", ": has no chat template; expected chat_template.jinja, or chat_template in tokenizer_config.json")]
    [InlineData("""{"chat_template": 5}""", "tokenizer_config.json: chat_template is 5; expected a template, or a list of objects with name and template")]
    [InlineData("""{"chat_template": [{"name": "x"}]}""", "tokenizer_config.json: chat_template has an entry that is not an object with the texts name and template")]
    [InlineData("""{"chat_template": [{"name": "default", "template": "\n{{"}]}""", "tokenizer_config.json: chat_template 'default': line 2: the template ends inside a tag")]
    public void A_checkpoint_without_a_usable_template_is_refused(string config, string expected)
    {
        _directory.Write("config.json", "{}");
        _directory.Write("tokenizer_config.json", config);

        Assert.Contains(expected, Failure(() => Load()), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_cannot_be_used_are_named()
    {
        _directory.Write("chat_template.jinja", [(byte)'a', 0xFF]);
        Assert.EndsWith("chat_template.jinja: is not UTF-8 text; expected a chat template", Failure(() => Load()), StringComparison.Ordinal);

        _directory.Write("chat_template.jinja", "a\n{% nope %}");
        Assert.EndsWith("chat_template.jinja: line 2: unknown tag 'nope'", Failure(() => Load()), StringComparison.Ordinal);

        _directory.Write("tokenizer_config.json", "{");
        Assert.Contains("tokenizer_config.json: is not JSON", Assert.Throws<ConfigurationException>(Load).Message, StringComparison.Ordinal);
        Assert.Contains("no such directory", Assert.Throws<ConfigurationException>(() => ChatTemplate.Load("/nonexistent")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_default_and_tool_use_are_chosen_by_themselves()
    {
        _directory.Write("tokenizer_config.json", """{"chat_template": [{"name": "rag", "template": "R"}, {"name": "b", "template": "B"}]}""");

        Assert.Equal("there is no chat template named 'default'; found b, rag", Failure(() => Load().Render(Json("[]"))));
    }

    [Fact]
    public void A_byte_order_mark_stays_as_in_transformers()
    {
        _directory.Write("chat_template.jinja", [0xEF, 0xBB, 0xBF, (byte)'a']);

        Assert.Equal("\uFEFFa", Load().Render(Json("[]")));
    }

    [Theory]
    [InlineData("%d %B %Y", "05 March 2026")]
    [InlineData("%Y-%m-%dT%H:%M:%S", "2026-03-05T14:07:09")]
    [InlineData("%-d.%-m.%y %I:%M %p", "5.3.26 02:07 PM")]
    [InlineData("%A %a %b %j %w %u %U %W %V %G", "Thursday Thu Mar 064 4 4 09 09 10 2026")]
    [InlineData("%c|%x|%X|%D|%F|%T|%R|%e|%f|%z|%Z|%%|%h|100%", "Thu Mar  5 14:07:09 2026|03/05/26|14:07:09|03/05/26|2026-03-05|14:07:09|14:07| 5|123456|||%|Mar|100%")]
    public void The_time_is_that_of_the_clock(string format, string expected)
    {
        TemplateOptions options = new() { Clock = new StoppedClock(new(2026, 3, 5, 14, 7, 9, TimeSpan.Zero)) };

        Assert.Equal(expected, ChatTemplate.Parse($"{{{{ strftime_now('{format}') }}}}", options: options).Render(Json("[]")));
    }

    [Theory]
    [InlineData("<tool_call>\\n<function=", ToolCallFormat.FunctionTags)]
    [InlineData("<TOOLCALL>[", ToolCallFormat.JsonList)]
    [InlineData("hello", ToolCallFormat.None)]
    public void The_template_tells_how_tools_are_called(string text, ToolCallFormat expected) =>
        Assert.Equal(expected, ChatTemplate.Parse($"{{{{ '{text}' }}}}").ToolCallFormat);

    [Fact]
    public void The_tiny_models_template_renders_any_conversation_of_texts()
    {
        ChatTemplate template = ChatTemplate.Parse(File.ReadAllText(Fixtures.File("templates", "chat_template.jinja")));
        string[] roles = ["system", "user", "assistant", "tool", "critic", ""];
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            var messages = Enumerable.Range(0, random.Next(6)).Select(_ => new Dictionary<string, string>
            {
                ["role"] = roles[random.Next(roles.Length)],
                ["content"] = new string([.. Enumerable.Range(0, random.Next(9)).Select(_ => "a <>{}%\n</think>é\uD83D\uDE00"[random.Next(19)])]),
            }).ToArray();
            string prompt = template.Render(JsonSerializer.SerializeToElement(messages), addGenerationPrompt: true);
            Assert.EndsWith("<|im_start|>assistant\n<think></think>", prompt, StringComparison.Ordinal);
            Assert.Equal(messages.Count(message => message["role"] != "system") + messages.Skip(1).Count(message => message["role"] == "system") + 2, Turns(prompt));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    private static int Turns(string prompt) => prompt.Split("<|im_start|>").Length - 1;

    private static string Render(string template, string messages) => ChatTemplate.Parse(template).Render(Json(messages));

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    private static string Failure(Func<object> action) => Assert.Throws<TemplateException>(action).Message;

    private ChatTemplate Load() => ChatTemplate.Load(_directory.Path);

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => now.AddTicks(1_234_560);
    }
}
