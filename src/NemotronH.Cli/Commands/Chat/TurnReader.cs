namespace NemotronH.Cli.Commands.Chat;

/// <summary>Reads what a person says: a line, several that each end in a backslash, or a block between <c>"""</c>.</summary>
internal sealed class TurnReader
{
    private const string Block = "\"\"\"";
    private const string Prompt = "> ";
    private const string Continuation = ". ";

    private readonly StandardStreams _streams;
    private readonly LineEditor? _editor;
    private bool _wasAbandoned;

    /// <summary>Creates a reader.</summary>
    /// <param name="streams">Where lines come from, and where a person is asked for them.</param>
    public TurnReader(StandardStreams streams)
    {
        _streams = streams;
        _editor = streams.Keys is { } keys ? new LineEditor(keys, streams.Error) : null;
    }

    /// <summary>Reads the next turn. A Ctrl-C on the keyboard abandons what was typed.</summary>
    /// <returns>Its text, or <see langword="null"/> at the end of the input.</returns>
    /// <exception cref="OperationCanceledException">Ctrl-C came twice in a row, or cancellation was asked for.</exception>
    /// <exception cref="NemotronHException">The input ends within a block.</exception>
    public async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                string? turn = await ReadTurnAsync(cancellationToken);
                _wasAbandoned = false;
                return turn;
            }
            catch (OperationCanceledException) when ((!_wasAbandoned || _editor is { IsEmpty: false }) && !cancellationToken.IsCancellationRequested)
            {
                // Whoever has typed something meanwhile wants to be rid of that, not of the program.
                _wasAbandoned = true;
                _streams.Error.WriteLine(AnswerWriter.Dimmed(_streams, "[Ctrl-C again or /exit leaves]"));
            }
        }
    }

    private async Task<string?> ReadTurnAsync(CancellationToken cancellationToken)
    {
        string? line = await ReadLineAsync(Prompt, cancellationToken);
        if (line?.StartsWith(Block, StringComparison.Ordinal) == true)
        {
            return await ReadBlockAsync(line[Block.Length..], cancellationToken);
        }

        string text = "";
        while (line?.EndsWith('\\') == true)
        {
            text += $"{line[..^1]}\n";
            line = await ReadLineAsync(Continuation, cancellationToken);
        }

        return line is null && text.Length == 0 ? null : text + line;
    }

    private async Task<string> ReadBlockAsync(string line, CancellationToken cancellationToken)
    {
        List<string> lines = [];
        while (!line.EndsWith(Block, StringComparison.Ordinal))
        {
            lines.Add(line);
            line = await ReadLineAsync(Continuation, cancellationToken)
                ?? throw new NemotronHException($"the input ends within a block; expected a line that ends in {Block}");
        }

        lines.Add(line[..^Block.Length]);
        return string.Join('\n', lines).Trim('\n');
    }

    /// <summary>Nothing ends a read of a terminal or a pipe early, so another thread waits for it.</summary>
    private Task<string?> ReadLineAsync(string prompt, CancellationToken cancellationToken) =>
        Task.Run(() => ReadLine(prompt), CancellationToken.None).WaitAsync(cancellationToken);

    private string? ReadLine(string prompt)
    {
        if (_editor is not null)
        {
            return _editor.Read(prompt);
        }

        if (_streams.IsInputTerminal)
        {
            _streams.Error.Write(prompt);
        }

        return _streams.Input.ReadLine();
    }
}
