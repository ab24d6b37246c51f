using NemotronH.Text.Parsing;

namespace NemotronH.Cli.Commands.Chat;

/// <summary>Shows an answer as it comes: the answer itself on stdout, its reasoning on stderr, dimmed on a terminal.</summary>
/// <param name="streams">Where to show it.</param>
internal sealed class AnswerWriter(StandardStreams streams)
{
    private TextWriter? _openLine;

    /// <summary>Shows the next piece.</summary>
    public void Write(OutputEvent part)
    {
        switch (part)
        {
            case ReasoningDelta reasoning:
                Write(streams.Error, reasoning.Text, text => Dimmed(streams, text));
                break;
            case ContentDelta content:
                Write(streams.Output, content.Text, text => text);
                break;
        }
    }

    /// <summary>Ends the last line, unless the text did.</summary>
    public void EndLine()
    {
        _openLine?.Write('\n');
        _openLine?.Flush();
        _openLine = null;
    }

    /// <summary>A text dimmed where stderr is a terminal; each piece ends its style, so that no interruption leaves a dim terminal.</summary>
    public static string Dimmed(StandardStreams streams, string text) => streams.IsErrorTerminal ? $"\e[2m{text}\e[22m" : text;

    private void Write(TextWriter writer, string text, Func<string, string> style)
    {
        string shown = TerminalText.Neutralize(text);
        if (shown.Length == 0)
        {
            return;
        }

        if (_openLine != writer)
        {
            EndLine();
        }

        writer.Write(style(shown));
        writer.Flush();
        _openLine = shown[^1] == '\n' ? null : writer;
    }
}
