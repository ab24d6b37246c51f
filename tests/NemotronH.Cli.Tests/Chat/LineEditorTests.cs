using NemotronH.Cli.Commands.Chat;

namespace NemotronH.Cli.Tests.Chat;

public sealed class LineEditorTests
{
    private readonly Queue<ConsoleKeyInfo> _keys = new();
    private readonly LineEditor _editor;

    public LineEditorTests() => _editor = new LineEditor(new KeyInput(_keys.Dequeue, () => 20), TextWriter.Null);

    [Fact]
    public void Keys_edit_the_line()
    {
        Assert.Equal("Xacd", Read("abcd", ConsoleKey.LeftArrow, ConsoleKey.LeftArrow, ConsoleKey.Backspace, ConsoleKey.Home, 'X'));
        Assert.Equal("abcY", Read("abcd", ConsoleKey.LeftArrow, ConsoleKey.Delete, ConsoleKey.RightArrow, 'Y'));
        Assert.Equal("ab!", Read("ab", ConsoleKey.Home, ConsoleKey.LeftArrow, ConsoleKey.Backspace, ConsoleKey.End, ConsoleKey.Delete, '!'));
        Assert.Equal("[x]", Read("[x]\e\u0001"));
    }

    [Fact]
    public void A_pair_of_surrogates_is_one_character()
    {
        Assert.Equal("ab", Read("a😀", ConsoleKey.Backspace, 'b'));
        Assert.Equal("b", Read("😀", ConsoleKey.LeftArrow, ConsoleKey.Delete, 'b'));
    }

    [Fact]
    public void Arrows_go_through_the_lines_before_and_back_to_the_draft()
    {
        Read("one");
        Read("two");
        Read("two");

        Assert.Equal("one", Read("", ConsoleKey.UpArrow, ConsoleKey.UpArrow, ConsoleKey.UpArrow));
        Assert.Equal("draft!", Read("draft", ConsoleKey.UpArrow, ConsoleKey.UpArrow, ConsoleKey.DownArrow, ConsoleKey.DownArrow, '!', ConsoleKey.DownArrow));
    }

    private string? Read(string typed, params object[] then)
    {
        foreach (object key in typed.Select(object (c) => c).Concat(then).Append(ConsoleKey.Enter))
        {
            _keys.Enqueue(key is char c
                ? new ConsoleKeyInfo(c, default, false, false, false)
                : new ConsoleKeyInfo('\0', (ConsoleKey)key, false, false, false));
        }

        return _editor.Read("> ");
    }
}
