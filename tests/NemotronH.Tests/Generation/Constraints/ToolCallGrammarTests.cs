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

    [Fact]
    public void A_schema_that_cannot_be_enforced_leaves_its_argument_free()
    {
        JsonElement function = JsonElement.Parse("""{"name": "f", "parameters": {"properties": {"a": {"type": "integer", "multipleOf": 3}}}}""");
        GrammarConstraint tags = new(Vocabulary, ToolCallGrammar.Calls(ToolCallFormat.FunctionTags, [function]));
        Assert.True(tags.TryRead("<tool_call>\n<function=f>\n<parameter=a>\nanything\n</parameter>\n</function>\n</tool_call>"u8));
        GrammarConstraint list = new(Vocabulary, ToolCallGrammar.Calls(ToolCallFormat.JsonList, [function]));
        Assert.True(list.TryRead("<TOOLCALL>[{\"name\": \"f\", \"arguments\": {\"b\": 1}}]</TOOLCALL>"u8));
    }

    private static IEnumerable<NemotronH.Generation.Constraints.Automaton.ParseStack> Calls(ToolCallFormat format) =>
        ToolCallGrammar.Calls(format, Tools.EnumerateArray().Select(tool => tool.GetProperty("function")));

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
