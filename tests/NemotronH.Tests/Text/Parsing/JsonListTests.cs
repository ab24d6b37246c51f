using NemotronH.Text.Parsing;

namespace NemotronH.Tests.Text.Parsing;

public sealed class JsonListTests
{
    private static readonly OutputParserOptions Options = new() { StartsInReasoning = true, ToolCallFormat = ToolCallFormat.JsonList };

    [Theory]
    [InlineData("""plan</think><TOOLCALL>[{"name": "f", "arguments": {"a": 1.0, "b": [null]}}]</TOOLCALL>""", """R:plan|T:f {"a":1.0,"b":[null]}""")]
    [InlineData("""x</think>say <TOOLCALL> [{"name":"f","arguments":{}},{"name":"g"}] </TOOLCALL> done""", """R:x|C:say|T:f {}|T:g {}|C:done""")]
    [InlineData("""plan<TOOLCALL>[{"name": "f", "arguments": "{\"a\": \"é\"}"}]</TOOLCALL>""", """R:plan|T:f {"a":"é"}""")]
    [InlineData("""</think><TOOLCALL>[{"name": "f", "arguments": {"a": "</TOOLCALL>"}}]</TOOLCALL>""", """T:f {"a":"</TOOLCALL>"}""")]
    [InlineData("""</think><TOOLCALL>[{"name": "f"}]""", "T:f {}")]
    [InlineData("""</think><TOOLCALL>[{"name": "f"}]</TOOLC""", "T:f {}")]
    public void Calls_are_taken_out_of_the_text(string text, string expected) => Check(text, expected);

    [Theory]
    [InlineData("<TOOLCALL>")]
    [InlineData("<TOOLCALL>[]</TOOLCALL>")]
    [InlineData("<TOOLCALL>[1]</TOOLCALL>")]
    [InlineData("<TOOLCALL>[{\"name\": \"\"}]</TOOLCALL>")]
    [InlineData("<TOOLCALL>[{\"name\": \"f\", \"arguments\": 5}]</TOOLCALL>")]
    [InlineData("<TOOLCALL>[{\"name\": \"f\", \"arguments\": \"oops\"}]</TOOLCALL>")]
    [InlineData("<TOOLCALL>[{\"name\": \"f\", \"arguments\": {\"a\": \"\\ud83d\"}}]</TOOLCALL>")]
    [InlineData("<TOOLCALL>[{name: f}]</TOOLCALL>")]
    [InlineData("<TOOLCALL>[{\"name\": \"f\"")]
    [InlineData("<TOOLCALL>{\"name\": \"f\"}</TOOLCALL>")]
    [InlineData("<TOOLCALL>text</TOOLCALL>")]
    [InlineData("<tool_call>\n<function=f>\n</function>\n</tool_call>")]
    public void What_is_no_call_comes_back_as_text(string text) => Check("</think>a " + text + " b", $"C:a {text} b");

    [Fact]
    public void An_id_is_kept()
    {
        ModelOutput output = ModelOutputParser.Parse("""</think><TOOLCALL>[{"id": "7", "name": "f"}, {"name": "g"}]</TOOLCALL>""", Options);

        Assert.Equal([new ToolCall("7", "f", "{}"), new ToolCall(null, "g", "{}")], output.ToolCalls);
        Assert.Null(output.Reasoning);
        Assert.Equal("", output.Content);
    }

    private static void Check(string text, string expected)
    {
        for (int at = 0; at <= text.Length; at++)
        {
            Assert.Equal(expected.Split('|'), Outputs.Events(Options, text[..at], text[at..]));
        }
    }
}
