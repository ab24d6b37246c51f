using System.Text.Json;
using NemotronH.Generation.Constraints;
using NemotronH.Text;
using NemotronH.Text.Parsing;

namespace NemotronH.Tests.Generation.Constraints;

public sealed class ToolCallGrammarTests
{
    private static readonly Tokenizer Tokenizer = Tokenizer.Load(Fixtures.TinyModel);
    private static readonly TokenVocabulary Vocabulary = new(Tokenizer, 1024, [2, 11]);

    private static readonly JsonElement Tools = JsonElement.Parse("""
        [{"type": "function", "function": {"name": "search", "parameters": {
            "type": "object",
            "properties": {
              "text": {"type": "string", "maxLength": 30},
              "limit": {"type": "integer", "minimum": 1, "maximum": 20},
              "order": {"type": "string", "enum": ["new", "newest", "old"]},
              "exact": {"type": "boolean"},
              "weights": {"type": "array", "items": {"$ref": "#/$defs/weight"}, "maxItems": 3},
              "range": {"type": ["object", "null"], "properties": {"from": {"type": "integer", "minimum": 0}}, "required": ["from"], "additionalProperties": false}},
            "required": ["text", "order", "range"],
            "additionalProperties": false,
            "$defs": {"weight": {"type": "number", "minimum": 0, "maximum": 1}}}}},
         {"type": "function", "function": {"name": "stop"}}]
        """);

    [Theory]
    [InlineData(ToolCallFormat.FunctionTags)]
    [InlineData(ToolCallFormat.JsonList)]
    public void Whatever_is_written_is_read_as_one_call_whose_arguments_fit(ToolCallFormat format)
    {
        HashSet<string> names = [];
        for (int seed = 0; seed < 200; seed++)
        {
            string text = Walk(new GrammarConstraint(Vocabulary, Calls(format)), new Random(seed));
            ModelOutput output = ModelOutputParser.Parse(text, new OutputParserOptions { ToolCallFormat = format, Tools = Tools });
            ToolCall call = Assert.Single(output.ToolCalls);
            Assert.True(output.Content.Length == 0, text);
            names.Add(call.Name);
            JsonElement schema = call.Name == "search" ? Tools[0].GetProperty("function").GetProperty("parameters") : JsonElement.Parse("""{"type": "object"}""");
            Assert.True(new SchemaValidator(schema).Allows(JsonElement.Parse(call.Arguments)), text);
        }

        Assert.Equal(2, names.Count);
    }

    [Theory]
    [InlineData("<parameter=text>\nA <b> and </b>\n\"two\"\n</parameter>\n<parameter=order>\nnew\n</parameter>\n<parameter=range>\nnull\n</parameter>\n", true)]
    [InlineData("<parameter=text>\nx\n</parameter>\n<parameter=limit>\n20\n</parameter>\n<parameter=order>\nnewest\n</parameter>\n<parameter=range>\n{\"from\": 3}\n</parameter>\n", true)]
    [InlineData("<parameter=order>\nnew\n</parameter>\n<parameter=range>\nnull\n</parameter>\n", false)]
    [InlineData("<parameter=text>\nx\n</parameter>\n<parameter=limit>\n21\n</parameter>\n<parameter=order>\nnew\n</parameter>\n<parameter=range>\nnull\n</parameter>\n", false)]
    [InlineData("<parameter=text>\nx</function>\n</parameter>\n<parameter=order>\nnew\n</parameter>\n<parameter=range>\nnull\n</parameter>\n", false)]
    [InlineData("<parameter=text>\nx\n</parameter>\n<parameter=order>\nnone\n</parameter>\n<parameter=range>\nnull\n</parameter>\n", false)]
    public void Tags_take_the_parameters_in_order(string parameters, bool isRead)
    {
        GrammarConstraint constraint = new(Vocabulary, Calls(ToolCallFormat.FunctionTags));
        string text = $"<tool_call>\n<function=search>\n{parameters}</function>\n</tool_call>";
        Assert.Equal(isRead, constraint.TryRead(System.Text.Encoding.UTF8.GetBytes(text)) && constraint.IsComplete);
    }

    [Fact]
    public void The_tokens_that_models_have_for_tags_are_allowed_where_the_tags_stand()
    {
        GrammarConstraint constraint = new(Vocabulary, Calls(ToolCallFormat.FunctionTags));
        float[] logits = new float[1024];
        constraint.Apply(logits);
        int open = Tokenizer.TokenToId("<tool_call>")!.Value;
        Assert.Equal((0, float.NegativeInfinity), (logits[open], logits[Tokenizer.TokenToId("<think>")!.Value]));
        constraint.Accept(open);
        Assert.True(constraint.TryRead("\n<function=stop>\n</function>\n"u8));
        constraint.Accept(Tokenizer.TokenToId("</tool_call>")!.Value);
        Assert.True(constraint.IsComplete);
    }

    [Theory]
    [InlineData("""{"type": "integer", "multipleOf": 3}""", "4", "anything")]
    [InlineData("""{"type": "integer", "multipleOf": 3, "minimum": 1}""", "4", "0")]
    [InlineData("""{"type": "integer", "nullable": true}""", "null", "\"5\"")]
    [InlineData("""{"type": "array", "items": {"type": "string", "pattern": "x"}}""", "[1]", "[1")]
    [InlineData("""{"allOf": [{"type": "integer"}, {"minimum": 3}]}""", "1", "one")]
    public void Of_a_schema_that_cannot_be_enforced_the_type_is(string schema, string fitting, string other)
    {
        Assert.True(Reads(schema, fitting));
        Assert.False(Reads(schema, other));
    }

    [Theory]
    [InlineData("""{"$ref": "#/$defs/Count"}""", "5", "five")]
    [InlineData("""{"allOf": [{"$ref": "#/$defs/Count"}], "default": 1}""", "5", "0")]
    [InlineData("""{"anyOf": [{"$ref": "#/$defs/Count"}, {"type": "null"}]}""", "null", "none")]
    [InlineData("""{"oneOf": [{"type": "boolean"}, {"type": "array", "items": {}}]}""", "[true]", "\"true\"")]
    [InlineData("""{"enum": [1, 2]}""", "2", "3")]
    [InlineData("""{"const": true}""", "true", "false")]
    [InlineData("""{"properties": {"x": {"type": "integer"}}, "required": ["x"]}""", "{\"x\": 1}", "x")]
    [InlineData("""{"$ref": "#/$defs/Color"}""", "red", "\"red\"")]
    [InlineData("""{"const": "red"}""", "red", "green")]
    [InlineData("""{"enum": ["auto", 1]}""", "auto", "\"auto\"")]
    [InlineData("""{"enum": ["auto", 1]}""", "1", "2")]
    public void Arguments_are_JSON_where_their_schema_says_so_in_any_way(string schema, string fitting, string other)
    {
        Assert.True(Reads(schema, fitting));
        Assert.False(Reads(schema, other));
    }

    [Fact]
    public void Parameters_that_are_only_required_are_there()
    {
        JsonElement function = JsonElement.Parse("""{"name": "f", "parameters": {"properties": {"a": {"type": "integer"}}, "required": ["b"]}}""");
        Assert.True(Reads(function, "<parameter=a>\n1\n</parameter>\n<parameter=b>\nx\n</parameter>\n"));
        Assert.False(Reads(function, "<parameter=a>\n1\n</parameter>\n"));
    }

    [Fact]
    public void A_schema_that_cannot_be_enforced_leaves_the_arguments_of_a_list_free()
    {
        JsonElement function = JsonElement.Parse("""{"name": "f", "parameters": {"properties": {"a": {"type": "integer", "multipleOf": 3}}}}""");
        GrammarConstraint list = new(Vocabulary, ToolCallGrammar.Calls(ToolCallFormat.JsonList, [function]));
        Assert.True(list.TryRead("<TOOLCALL>[{\"name\": \"f\", \"arguments\": {\"b\": 1}}]</TOOLCALL>"u8));
    }

    [Fact]
    public void More_tools_or_parameters_than_can_be_followed_are_refused()
    {
        JsonElement[] many = [.. Enumerable.Range(0, 257).Select(i => JsonElement.Parse($$"""{"name": "f{{i}}"}"""))];
        Assert.Equal(
            "one of 257 tools must be called; at most 256 are supported",
            Assert.Throws<RequestException>(() => ToolCallGrammar.Calls(ToolCallFormat.FunctionTags, many).ToList()).Message);
        Assert.Equal(256, ToolCallGrammar.Calls(ToolCallFormat.FunctionTags, many[1..]).Count());

        string properties = string.Join(',', Enumerable.Range(0, 256).Select(i => $$"""  "p{{i}}": {}  """));
        JsonElement wide = JsonElement.Parse($$$"""{"name": "wide", "parameters": {"properties": { {{{properties}}} } } }""");
        Assert.Equal(
            "the tool 'wide' has 256 parameters; at most 255 are supported",
            Assert.Throws<RequestException>(() => ToolCallGrammar.Calls(ToolCallFormat.FunctionTags, [wide]).ToList()).Message);
    }

    private static bool Reads(string schema, string value)
    {
        JsonElement function = JsonElement.Parse($$$"""
            {"name": "f", "parameters": {"properties": {"a": {{{schema}}} }, "$defs": {
              "Count": {"type": "integer", "minimum": 1}, "Color": {"enum": ["red", "green"], "title": "Color", "type": "string"} } } }
            """);
        return Reads(function, $"<parameter=a>\n{value}\n</parameter>\n");
    }

    private static bool Reads(JsonElement function, string parameters)
    {
        GrammarConstraint constraint = new(Vocabulary, ToolCallGrammar.Calls(ToolCallFormat.FunctionTags, [function]));
        string text = $"<tool_call>\n<function=f>\n{parameters}</function>\n</tool_call>";
        return constraint.TryRead(System.Text.Encoding.UTF8.GetBytes(text)) && constraint.IsComplete;
    }

    private static IEnumerable<NemotronH.Generation.Constraints.Automaton.ParseStack> Calls(ToolCallFormat format) =>
        ToolCallGrammar.Calls(format, [.. Tools.EnumerateArray().Select(tool => tool.GetProperty("function"))]);

    private static string Walk(GrammarConstraint constraint, Random random)
    {
        List<int> ids = [];
        while (!constraint.IsComplete)
        {
            float[] logits = new float[1024];
            constraint.Apply(logits);
            int[] allowed = [.. Enumerable.Range(0, logits.Length).Where(id => logits[id] == 0)];
            int id = allowed[random.Next(allowed.Length)];
            constraint.Accept(id);
            ids.Add(id);
        }

        return Tokenizer.Decode([.. ids], skipSpecialTokens: true);
    }
}
