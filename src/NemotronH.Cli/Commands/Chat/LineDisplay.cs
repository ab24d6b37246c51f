using Spectre.Console.Rendering;

namespace NemotronH.Cli.Commands.Chat;

/// <summary>Shows a line that is being edited, over as many rows as it takes.</summary>
/// <param name="screen">Where it shows.</param>
/// <param name="width">Columns of the screen; 0 where it does not know them.</param>
internal sealed class LineDisplay(TextWriter screen, Func<int> width)
{
    private int _row;

    /// <summary>Writes the line anew from where its prompt begins, and puts the cursor in its place.</summary>
    /// <param name="prompt">What stands before the line.</param>
    /// <param name="text">The line.</param>
    /// <param name="cursor">Which of its characters the cursor is on.</param>
    public void Show(string prompt, string text, int cursor)
    {
        int columns = width() is > 0 and var known ? known : int.MaxValue;
        int end = Cells(prompt + text), place = Cells(prompt + text[..cursor]);
        string home = _row > 0 ? $"\e[{_row}A\r" : "\r";

        // A terminal stays in the last column after filling it; the space and its return make it go on.
        string wrap = end % columns == 0 ? " \r" : "";
        string up = end / columns > place / columns ? $"\e[{(end / columns) - (place / columns)}A" : "";
        string right = place % columns > 0 ? $"\e[{place % columns}C" : "";
        screen.Write($"{home}\e[J{prompt}{text}{wrap}{up}\r{right}");
        screen.Flush();
        _row = place / columns;
    }

    /// <summary>Leaves the line as it is; the cursor must be at its end.</summary>
    public void EndLine()
    {
        screen.Write('\n');
        screen.Flush();
        _row = 0;
    }

    private static int Cells(string text) => new Segment(text).CellCount();
}
