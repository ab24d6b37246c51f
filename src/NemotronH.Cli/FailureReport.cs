using System.Text;

namespace NemotronH.Cli;

/// <summary>Turns a failure into one line on stderr and an exit code.</summary>
/// <param name="error">Where the line goes.</param>
/// <param name="verbose">Whether a stack trace follows.</param>
internal sealed class FailureReport(TextWriter error, bool verbose)
{
    /// <summary>Reports a failure.</summary>
    /// <returns>The exit code.</returns>
    public int Report(Exception failure)
    {
        (string message, int code) = failure switch
        {
            OperationCanceledException => ("interrupted", ExitCode.Interrupted),
            UsageException => (failure.Message, ExitCode.Usage),
            NemotronHException => (failure.Message, ExitCode.Failure),
            _ => ($"{failure.GetType().Name}: {failure.Message} (this is a defect; --verbose shows where)", ExitCode.Failure),
        };
        error.WriteLine($"error: {OnOneLine(message)}");
        if (verbose)
        {
            error.WriteLine(failure);
        }

        return code;
    }

    /// <summary>Control characters may come from file names or from files: they become spaces, and runs of white space one space.</summary>
    private static string OnOneLine(string message)
    {
        var line = new StringBuilder(message.Length);
        foreach (char c in message.Trim())
        {
            bool blank = char.IsControl(c) || char.IsWhiteSpace(c);
            if (!blank || (line.Length > 0 && line[^1] != ' '))
            {
                line.Append(blank ? ' ' : c);
            }
        }

        return line.ToString();
    }
}
