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

    /// <summary>The streams of this process.</summary>
    public static StandardStreams OfProcess()
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
        };
    }

    public void Dispose()
    {
        Output.Dispose();
        Error.Flush();
    }
}
