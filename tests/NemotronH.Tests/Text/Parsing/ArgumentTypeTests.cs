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
    [InlineData("""{"enum":[1,2]}""", "1", "\"1\"")]
    [InlineData("""{"type":5}""", "1", "\"1\"")]
    [InlineData("true", "1", "\"1\"")]
    public void An_argument_gets_the_type_of_its_schema_or_stays_text(string schema, string value, string expected)
    {
        string tools = $$$"""[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{{{schema}}} } } } }]""";

        Assert.Equal($$"""{"a":{{expected}}}""", Arguments(tools, "f", value));
        Assert.Equal(value, JsonDocument.Parse(Arguments(tools, "g", value)).RootElement.GetProperty("a").GetString());
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
