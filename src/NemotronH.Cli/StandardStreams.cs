using System.Text;

namespace NemotronH.Cli;

/// <summary>Where a command reads and writes: results go to <see cref="Output"/>, everything else to <see cref="Error"/>.</summary>
internal sealed class StandardStreams : IDisposable
{
    /// <summary>Text that is piped in.</summary>
    public required TextReader Input { get; init; }

    /// <summary>Results, in UTF-8 without a byte order mark.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Failures, progress and timings.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether a person would have to type what is read from <see cref="Input"/>.</summary>
    public bool IsInputTerminal { get; init; }

    /// <summary>Whether a person watches <see cref="Error"/>: only then is progress shown.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>The keys that a person presses, for editing a line; <see langword="null"/> where there is no terminal to edit it on.</summary>
    public KeyInput? Keys { get; init; }

    /// <summary>Where Ctrl-C goes; <see langword="null"/> where nobody can press it.</summary>
    public Interruption? Interruption { get; init; }

    /// <summary>The streams of this process.</summary>
    /// <param name="interruption">Where its Ctrl-C goes.</param>
    public static StandardStreams OfProcess(Interruption interruption)
    {
        // Without a preamble to skip, the reader keeps a byte order mark: a prompt is continued as it is.
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new StandardStreams
        {
            Input = new StreamReader(Console.OpenStandardInput(), utf8, detectEncodingFromByteOrderMarks: false),
            Output = new StreamWriter(Console.OpenStandardOutput(), utf8) { AutoFlush = true },
            Error = Console.Error,
            IsInputTerminal = !Console.IsInputRedirected,
            IsErrorTerminal = !Console.IsErrorRedirected,
            Keys = Console.IsInputRedirected || Console.IsErrorRedirected ? null : KeyInput.OfProcess,
            Interruption = interruption,
        };
    }

    public void Dispose()
    {
        Output.Dispose();
        Error.Flush();
    }
}
