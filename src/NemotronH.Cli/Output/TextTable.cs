using Spectre.Console;

namespace NemotronH.Cli.Output;

/// <summary>Tables as plain text: no escape sequences, and nothing cut off where a line is wider than the terminal.</summary>
internal sealed class TextTable
{
    /// <summary>Wider than any line here; Spectre.Console cuts at some width always.</summary>
    private const int Unlimited = 4096;

    private readonly Table _table = new() { Border = TableBorder.None, ShowHeaders = false };

    /// <summary>Creates a table.</summary>
    /// <param name="headers">Names of the columns; those that begin with <c>></c> hold numbers and stand to the right.</param>
    public TextTable(params string[] headers)
    {
        foreach (string header in headers)
        {
            TableColumn column = new TableColumn(Markup.Escape(header.TrimStart('>'))).PadLeft(0).PadRight(2).NoWrap();
            _table.AddColumn(header.StartsWith('>') ? column.RightAligned() : column);
        }

        _table.ShowHeaders = headers.Any(header => header.Length > 0);
    }

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells) => _table.AddRow([.. cells.Select(Markup.Escape)]);

    /// <summary>Prints the table.</summary>
    public void WriteTo(TextWriter output)
    {
        var rendered = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(rendered),
        });
        console.Profile.Width = Unlimited;
        console.Write(_table);
        foreach (string line in rendered.ToString().TrimEnd().Split('\n'))
        {
            output.WriteLine(line.TrimEnd());
        }
    }
}
