using System.Text.Json;
using NemotronH.Text.Parsing;

namespace NemotronH.Tests.Text.Parsing;

public sealed class ArgumentTypeTests
{
    [Theory]
    [InlineData("""{"type":"integer"}""", "5", "5")]
    [InlineData("""{"type":"integer"}""", " -12 ", "-12")]
    [InlineData("""{"type":"integer"}""", "123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("""{"type":"integer"}""", "5.0", "5")]
    [InlineData("""{"type":"integer"}""", "1e3", "1000")]
    [InlineData("""{"type":"integer"}""", "5.5", "\"5.5\"")]
    [InlineData("""{"type":"integer"}""", "five", "\"five\"")]
    [InlineData("""{"type":"integer"}""", "", "\"\"")]
    [InlineData("""{"type":"number"}""", "1.50", "1.50")]
    [InlineData("""{"type":"number"}""", "1e-7", "1e-7")]
    [InlineData("""{"type":"number"}""", ".5", "0.5")]
    [InlineData("""{"type":"number"}""", "Infinity", "\"Infinity\"")]
    [InlineData("""{"type":"boolean"}""", "true", "true")]
    [InlineData("""{"type":"boolean"}""", "False", "false")]
    [InlineData("""{"type":"boolean"}""", "yes", "\"yes\"")]
    [InlineData("""{"type":"object"}""", "{ \"a\": [1, 2.0, null] }", """{"a":[1,2.0,null]}""")]
    [InlineData("""{"type":"object"}""", "[1]", "\"[1]\"")]
    [InlineData("""{"type":"object"}""", "{'a': 1}", "\"{'a': 1}\"")]
    [InlineData("""{"type":"object"}""", "{\"a\": \"\\ud83d\"}", """
        "{\"a\": \"\\ud83d\"}"
        """)]
    [InlineData("""{"type":"array"}""", "[1, \"é\"]", """[1,"é"]""")]
    [InlineData("""{"type":"null"}""", "None", "null")]
    [InlineData("""{"type":["string","null"]}""", "null", "null")]
    [InlineData("""{"type":["string","null"]}""", "nil", "\"nil\"")]
    [InlineData("""{"type":["integer","string"]}""", "7", "7")]
    [InlineData("""{"type":"string","nullable":true}""", "None", "null")]
    [InlineData("""{"anyOf":[{"type":"integer"},{"type":"null"}]}""", "3", "3")]
    [InlineData("""{"oneOf":[{"anyOf":[{"type":"array"}]}]}""", "[]", "[]")]
    [InlineData("""{"type":"string"}""", "5", "\"5\"")]
    [InlineData("""{"type":"string"}""", " padded ", "\" padded \"")]
    [InlineData("""{"type":"string"}""", "null", "\"null\"")]
    [InlineData("""{}""", "true", "\"true\"")]
    [InlineData("""{"enum":[1,2]}""", "1", "1")]
    [InlineData("""{"enum":["1","2"]}""", "1", "\"1\"")]
    [InlineData("""{"type":"string","enum":["1",2]}""", "1", "\"1\"")]
    [InlineData("""{"enum":["auto",0.5]}""", "0.5", "0.5")]
    [InlineData("""{"const":true}""", "True", "true")]
    [InlineData("""{"const":null}""", "None", "null")]
    [InlineData("""{"properties":{"x":{}}}""", "{}", "{}")]
    [InlineData("""{"items":{"type":"integer"}}""", "[1]", "[1]")]
    [InlineData("""{"allOf":[{"type":"integer"}],"default":3}""", "5", "5")]
    [InlineData("""{"type":5}""", "1", "\"1\"")]
    [InlineData("true", "1", "\"1\"")]
    public void An_argument_gets_the_type_of_its_schema_or_stays_text(string schema, string value, string expected)
    {
        string tools = $$$"""[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{{{schema}}} } } } }]""";

        Assert.Equal($$"""{"a":{{expected}}}""", Arguments(tools, "f", value));
        Assert.Equal(value, JsonDocument.Parse(Arguments(tools, "g", value)).RootElement.GetProperty("a").GetString());
    }

    /// <summary>Schemas as Pydantic makes them: of models, enumerations, optional and recursive ones.</summary>
    [Theory]
    [InlineData("""{"$ref":"#/$defs/Point"}""", "{\"x\": 1}", """{"x":1}""")]
    [InlineData("""{"anyOf":[{"$ref":"#/$defs/Point"},{"type":"null"}],"default":null}""", "None", "null")]
    [InlineData("""{"allOf":[{"$ref":"#/$defs/Level"}],"default":1}""", "2", "2")]
    [InlineData("""{"$ref":"#/$defs/Color"}""", "1", "\"1\"")]
    [InlineData("""{"$ref":"#/$defs/Alias"}""", "2", "2")]
    [InlineData("""{"$ref":"#/$defs/Tree"}""", "[[], []]", "[[],[]]")]
    [InlineData("""{"$ref":"#/$defs/Loop"}""", "1", "\"1\"")]
    [InlineData("""{"$ref":"#/$defs/None"}""", "1", "\"1\"")]
    [InlineData("""{"$ref":"https://example.com/Level"}""", "1", "\"1\"")]
    public void Types_are_found_behind_references(string schema, string value, string expected)
    {
        const string Definitions = """
            {"Point":{"properties":{"x":{"type":"integer"}},"type":"object"},"Level":{"enum":[1,2],"title":"Level","type":"integer"},
             "Color":{"enum":["1","2"],"title":"Color","type":"string"},"Alias":{"$ref":"#/$defs/Level"},
             "Tree":{"anyOf":[{"items":{"$ref":"#/$defs/Tree"},"type":"array"},{"$ref":"#/$defs/Tree"}]},"Loop":{"$ref":"#/$defs/Loop"}}
            """;
        string tools = $$$"""[{"type":"function","function":{"name":"f","parameters":{"$defs":{{{Definitions}}},"properties":{"a":{{{schema}}} } } } }]""";
        Assert.Equal($$"""{"a":{{expected}}}""", Arguments(tools, "f", value));
    }

    [Theory]
    [InlineData("""[{"name":"f","parameters":{"properties":{"a":{"type":"integer"}}}}]""", "5")]
    [InlineData("""[5, null, {"function": 3}, {"name": "f"}, {"name": "f", "parameters": null}]""", "\"5\"")]
    [InlineData("""{"name":"f"}""", "\"5\"")]
    public void Tools_may_lack_the_wrapper_and_odd_ones_are_passed_over(string tools, string expected) =>
        Assert.Equal($$"""{"a":{{expected}}}""", Arguments(tools, "f", "5"));

    private static string Arguments(string tools, string function, string value)
    {
        string text = $"<tool_call>\n<function={function}>\n<parameter=a>\n{value}\n</parameter>\n</function>\n</tool_call>";
        return Assert.Single(ModelOutputParser.Parse(text, Outputs.WithTools(tools)).ToolCalls).Arguments;
    }
}
