using FsCheck;
using FsCheck.Fluent;
using NemotronH.Cli.Commands.Chat;
using NemotronH.Text.Parsing;

namespace NemotronH.Cli.Tests.Chat;

public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("\e[31mred\e[0m", "[31mred[0m")]
    [InlineData("\e]0;title\a", "]0;title")]
    [InlineData("\u009b2Jx", "2Jx")]
    [InlineData("over\rwritten\b\u007f", "overwritten")]
    [InlineData("a\tb\n[red]é😀", "a\tb\n[red]é😀")]
    public void Escape_sequences_lose_what_makes_them_one(string text, string expected) => Assert.Equal(expected, TerminalText.Neutralize(text));

    [Fact]
    public void No_text_of_any_kind_keeps_a_control_character()
    {
        Gen<string> texts = Gen.Choose(0, 0x2FF).Select(code => (char)code).ArrayOf().Select(chars => new string(chars));
        Prop.ForAll(texts.ToArbitrary(), text =>
        {
            string shown = TerminalText.Neutralize(text);
            Assert.DoesNotContain(shown, c => c < ' ' && c is not ('\n' or '\t'));
            Assert.DoesNotContain(shown, c => c is >= '\u007f' and <= '\u009f');
            Assert.Equal(text.Count(c => c >= ' ' && c is not (>= '\u007f' and <= '\u009f')), shown.Count(c => c >= ' '));
        }).Check(Config.QuickThrowOnFailure);
    }

    [Fact]
    public void Reasoning_is_dimmed_on_a_terminal_and_answers_are_plain()
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        using var streams = new StandardStreams { Input = TextReader.Null, Output = output, Error = error, IsErrorTerminal = true };
        var writer = new AnswerWriter(streams);

        writer.Write(new ReasoningDelta("\e[7mhm"));
        writer.Write(new ContentDelta("[bold]yes\e[2J"));
        writer.EndLine();

        Assert.Equal("\e[2m[7mhm\e[22m\n", error.ToString());
        Assert.Equal("[bold]yes[2J\n", output.ToString());
    }
}
