using NemotronH.Text.Parsing;

namespace NemotronH.Tests.Text.Parsing;

public sealed class ReasoningTests
{
    [Theory]
    [InlineData("plan</think>answer", "R:plan|C:answer")]
    [InlineData("plan\n</think>\n\nanswer\n", "R:plan|C:answer\n")]
    [InlineData("<think>\nplan</think>answer", "R:plan|C:answer")]
    [InlineData(" \n<think>plan</think>answer", "R:plan|C:answer")]
    [InlineData("</think>answer", "C:answer")]
    [InlineData("<think></think>answer", "C:answer")]
    [InlineData("never closed\n", "R:never closed\n")]
    [InlineData("a < b </thin", "R:a < b </thin")]
    [InlineData("plan</think>see <think>this</think>", "R:plan|C:see <think>this</think>")]
    [InlineData("<think><think>twice</think>a", "R:<think>twice|C:a")]
    [InlineData("", "")]
    [InlineData("  ", "")]
    public void With_thinking_the_output_begins_with_reasoning(string text, string expected) => Check(Outputs.Thinking, text, expected);

    [Theory]
    [InlineData("answer", "C:answer")]
    [InlineData("  indented\n", "C:  indented\n")]
    [InlineData("<think>plan</think>answer", "R:plan|C:answer")]
    [InlineData("\n<think>\nplan", "R:plan")]
    [InlineData("text <think>in it</think> is text", "C:text <think>in it</think> is text")]
    [InlineData("a</think>b", "C:a</think>b")]
    [InlineData("<thin", "C:<thin")]
    [InlineData(" \n", "C: \n")]
    public void Without_thinking_only_the_models_own_tag_opens_reasoning(string text, string expected) => Check(Outputs.NotThinking, text, expected);

    [Theory]
    [InlineData("all of it", "R:all of it|C:all of it")]
    [InlineData("all of it</think> \n", "R:all of it|C:all of it")]
    [InlineData("plan</think>answer", "R:plan|C:answer")]
    [InlineData(" \n", "")]
    [InlineData("plan<tool_call><function=f></function></tool_call>", "R:plan|T:f {}")]
    public void An_empty_answer_can_be_forced_to_give_the_reasoning(string text, string expected) => Check(
        new OutputParserOptions { StartsInReasoning = true, ForceNonemptyContent = true, ToolCallFormat = ToolCallFormat.FunctionTags }, text, expected);

    [Theory]
    [InlineData("<|im_start|>assistant\n<think>\n", true)]
    [InlineData("<think>", true)]
    [InlineData("<|im_start|>assistant\n<think></think>", false)]
    [InlineData("", false)]
    public void A_prompt_tells_whether_thinking_is_on(string prompt, bool expected) => Assert.Equal(expected, OutputParserOptions.EndsInReasoning(prompt));

    [Fact]
    public void Text_is_given_out_as_soon_as_it_cannot_be_a_tag()
    {
        ModelOutputParser parser = new(Outputs.Thinking);

        Assert.Equal([new ReasoningDelta("Hm")], parser.Append("Hm"));
        Assert.Empty(parser.Append(" <"));
        Assert.Equal([new ReasoningDelta(" <3")], parser.Append("3"));
        Assert.Empty(parser.Append("</thi"));
        Assert.Equal([new ContentDelta("Hi")], parser.Append("nk>\nHi"));
        Assert.Empty(parser.Append("\n"));
        Assert.Equal([new ContentDelta("\nthere")], parser.Append("there <tool"));
        Assert.Equal([new ContentDelta(" <tools>")], parser.Append("s>"));
        Assert.Empty(parser.Flush());
    }

    private static void Check(OutputParserOptions options, string text, string expected)
    {
        string[] events = expected.Length == 0 ? [] : expected.Split('|');
        Assert.Equal(events, Outputs.Events(options, text));
        Assert.Equal(events, Outputs.Events(options, text.Select(letter => letter.ToString())));
        for (int at = 0; at <= text.Length; at++)
        {
            Assert.Equal(events, Outputs.Events(options, text[..at], text[at..]));
        }
    }
}
