using System.Text.Json;
using NemotronH.Text.Parsing;

namespace NemotronH.Tests.Text.Parsing;

public sealed class ToolCallTests
{
    private const string Call = "<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>";

    [Theory]
    [InlineData(Call, """T:f {"a":"1"}""")]
    [InlineData("Let me see.\n" + Call + "\n", """C:Let me see.|T:f {"a":"1"}""")]
    [InlineData(Call + "\n" + Call + "\nDone.", """T:f {"a":"1"}|T:f {"a":"1"}|C:Done.""")]
    [InlineData("<tool_call><function=g></function></tool_call>", "T:g {}")]
    [InlineData("<tool_call>\n<function= spaced name >\n</function>\n</tool_call>", "T:spaced name {}")]
    [InlineData("<tool_call>\n<function=f>\n</function>\n<function=g>\n</function>\n</tool_call>", "T:f {}|T:g {}")]
    public void Calls_are_taken_out_of_the_text(string text, string expected) => Check(text, expected);

    [Theory]
    [InlineData("", "")]
    [InlineData("\n\n", "")]
    [InlineData("\n\n\n", "\n")]
    [InlineData("\nx\n", "x")]
    [InlineData("x", "x")]
    [InlineData("\n  two\nlines \n\n", "  two\nlines \n")]
    [InlineData("\n</parameter>\n", "</parameter>")]
    [InlineData("\na</parameter> b\n", "a</parameter> b")]
    [InlineData("\n</tool_call>\n", "</tool_call>")]
    [InlineData("\n</function> x </tool_call>\n", "</function> x </tool_call>")]
    [InlineData("\n<parameter=b>\n", "<parameter=b>")]
    [InlineData("\n{\"é\": \"<&>\"}\n", "{\"é\": \"<&>\"}")]
    public void A_value_loses_one_line_break_at_either_end_and_may_hold_tags(string markup, string value)
    {
        string text = $"<tool_call>\n<function=f>\n<parameter=a>{markup}</parameter>\n</function>\n</tool_call>";

        ToolCall call = Assert.Single(ModelOutputParser.Parse(text, Outputs.NotThinking).ToolCalls);
        Assert.Equal(value, JsonDocument.Parse(call.Arguments).RootElement.GetProperty("a").GetString());
        CheckCuts(text);
    }

    [Theory]
    [InlineData("<tool_call>\n<function=f>\n<parameter=a>\n1\n</function>\n</tool_call>", """T:f {"a":"1"}""")]
    [InlineData("<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</function>\n", """T:f {"a":"1"}""")]
    [InlineData("<tool_call>\n<function=f>\n</function>\n</tool_ca", "T:f {}")]
    [InlineData("<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n<parameter=a>\n2\n</parameter>\n</function>\n</tool_call>", """T:f {"a":"2"}""")]
    public void Small_slips_are_forgiven(string text, string expected) => Check(text, expected);

    [Theory]
    [InlineData("<tool_call>")]
    [InlineData("<tool_call>\n")]
    [InlineData("<tool_call>\n<func")]
    [InlineData("The tag <tool_call> begins a call.")]
    [InlineData("<tool_call>{\"name\": \"f\"}</tool_call>")]
    [InlineData("<tool_call>\n<function=>\n</function>\n</tool_call>")]
    [InlineData("<tool_call>\n<function=f\n>\n</function>\n</tool_call>")]
    [InlineData("<tool_call>\n<function=f>\ntext\n</function>\n</tool_call>")]
    [InlineData("<tool_call>\n<function=f>\n<parameter=a>\n1")]
    [InlineData("<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n")]
    [InlineData("<tool_call>\n<function=f>\n</function>\nmore")]
    [InlineData("<tool_call>\n<function=f>\n</function>\n<function=")]
    [InlineData("<tool_call>\n<function=f>\n</function>\n<parameter=a>\n</tool_call>")]
    [InlineData("</tool_call></function></parameter>")]
    [InlineData("<function=f>\n</function>")]
    public void What_is_no_call_comes_back_as_text(string text)
    {
        Check(text, "C:" + text);
        Check($"before {text} after", $"C:before {text} after");
    }

    [Fact]
    public void A_malformed_call_does_not_hide_the_next() =>
        Check("<tool_call>\n<function=f>\noops\n" + Call, "C:<tool_call>\n<function=f>\noops|T:f {\"a\":\"1\"}");

    [Theory]
    [InlineData("plan\n" + Call, """R:plan|T:f {"a":"1"}""")]
    [InlineData("plan\n" + Call + "\nmore", """R:plan|T:f {"a":"1"}|C:more""")]
    [InlineData("plan" + Call + "</think>more", """R:plan|T:f {"a":"1"}|C:more""")]
    [InlineData("plan</think>say " + Call, """R:plan|C:say|T:f {"a":"1"}""")]
    [InlineData("plan <tool_call>\n<function=f>\noops", "R:plan|C:<tool_call>\n<function=f>\noops")]
    [InlineData("I know <tool_call> tags</think>yes", "R:I know <tool_call> tags|C:yes")]
    public void A_call_ends_open_reasoning(string text, string expected) => Check(text, expected, Outputs.Thinking);

    [Fact]
    public void Without_tools_a_call_is_text()
    {
        OutputParserOptions options = new() { StartsInReasoning = true };

        Check("plan" + Call + "</think>a" + Call, $"R:plan{Call}|C:a{Call}", options);
    }

    [Fact]
    public void A_long_call_in_many_pieces_is_read()
    {
        string code = string.Concat(Enumerable.Repeat("if (a < b) { return x > y; } // </x>\n", 6_000));
        string text = $"<tool_call>\n<function=write>\n<parameter=code>\n{code}\n</parameter>\n</function>\n</tool_call>";

        ModelOutputParser parser = new(Outputs.NotThinking);
        List<OutputEvent> events = [.. text.Chunk(40).SelectMany(piece => parser.Append(new string(piece))), .. parser.Flush()];

        ToolCall call = Assert.IsType<ToolCall>(Assert.Single(events));
        Assert.Equal(code, JsonDocument.Parse(call.Arguments).RootElement.GetProperty("code").GetString());
    }

    private static void Check(string text, string expected, OutputParserOptions? options = null)
    {
        Assert.Equal(expected.Split('|'), Outputs.Events(options ?? Outputs.NotThinking, text));
        CheckCuts(text, options);
    }

    private static void CheckCuts(string text, OutputParserOptions? options = null)
    {
        options ??= Outputs.NotThinking;
        List<string> whole = Outputs.Events(options, text);
        for (int at = 0; at <= text.Length; at++)
        {
            Assert.Equal(whole, Outputs.Events(options, text[..at], text[at..]));
        }

        Assert.Equal(whole, Outputs.Events(options, text.Select(letter => letter.ToString())));
    }
}
