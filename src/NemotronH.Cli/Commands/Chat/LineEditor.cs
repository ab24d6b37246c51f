namespace NemotronH.Cli.Commands.Chat;

/// <summary>Edits a line on a terminal, with the lines before it under the arrow keys.</summary>
/// <param name="keys">What is pressed.</param>
/// <param name="screen">Where the line shows.</param>
internal sealed class LineEditor(KeyInput keys, TextWriter screen)
{
    private readonly LineDisplay _display = new(screen, keys.Width);
    private readonly List<string> _history = [];
    private string _prompt = "";
    private string _text = "";
    private string _draft = "";
    private int _cursor;
    private int _entry;

    /// <summary>Whether nothing is typed on the line.</summary>
    public bool IsEmpty => _text.Length == 0;

    /// <summary>Reads a line.</summary>
    /// <param name="prompt">What stands before it.</param>
    /// <returns>The line, or <see langword="null"/> for Ctrl-D on an empty one.</returns>
    /// <exception cref="OperationCanceledException">Ctrl-C.</exception>
    public string? Read(string prompt)
    {
        (_prompt, _text, _cursor, _entry) = (prompt, "", 0, _history.Count);
        Draw();
        while (true)
        {
            ConsoleKeyInfo key = keys.Read();
            bool control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    return Accept();
                case ConsoleKey.C when control:
                    Leave();
                    throw new OperationCanceledException();
                case ConsoleKey.D when control && _text.Length == 0:
                    Leave();
                    return null;
                default:
                    Apply(key, control);
                    Draw();
                    break;
            }
        }
    }

    private string Accept()
    {
        Leave();
        if (_text.Length > 0 && _history.LastOrDefault() != _text)
        {
            _history.Add(_text);
        }

        return _text;
    }

    private void Apply(ConsoleKeyInfo key, bool control)
    {
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow: _cursor = Before(_cursor); break;
            case ConsoleKey.RightArrow: _cursor = After(_cursor); break;
            case ConsoleKey.Home or ConsoleKey.A when key.Key == ConsoleKey.Home || control: _cursor = 0; break;
            case ConsoleKey.End or ConsoleKey.E when key.Key == ConsoleKey.End || control: _cursor = _text.Length; break;
            case ConsoleKey.UpArrow: Recall(_entry - 1); break;
            case ConsoleKey.DownArrow: Recall(_entry + 1); break;
            case ConsoleKey.Backspace: Remove(Before(_cursor), _cursor); break;
            case ConsoleKey.Delete: Remove(_cursor, After(_cursor)); break;
            case ConsoleKey.U when control: Remove(0, _cursor); break;
            case ConsoleKey.K when control: Remove(_cursor, _text.Length); break;
            default: Insert(key.KeyChar); break;
        }
    }

    private void Insert(char c)
    {
        if (c == '\t' || !char.IsControl(c))
        {
            // A tab has no width of its own.
            _text = _text.Insert(_cursor++, $"{(c == '\t' ? ' ' : c)}");
        }
    }

    private void Remove(int start, int end) => (_text, _cursor) = (_text.Remove(start, end - start), start);

    private int Before(int index) => Math.Max(0, index - (index > 1 && char.IsLowSurrogate(_text[index - 1]) ? 2 : 1));

    private int After(int index) => Math.Min(_text.Length, index + (index < _text.Length && char.IsHighSurrogate(_text[index]) ? 2 : 1));

    private void Recall(int entry)
    {
        if (entry >= 0 && entry <= _history.Count && entry != _entry)
        {
            _draft = _entry == _history.Count ? _text : _draft;
            _text = entry == _history.Count ? _draft : _history[entry];
            (_entry, _cursor) = (entry, _text.Length);
        }
    }

    private void Leave()
    {
        _cursor = _text.Length;
        Draw();
        _display.EndLine();
    }

    private void Draw() => _display.Show(_prompt, _text, _cursor);
}
