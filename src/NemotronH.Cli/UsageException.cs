namespace NemotronH.Cli;

/// <summary>A command line that cannot be understood.</summary>
internal sealed class UsageException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was found and what was expected, on one line.</param>
    /// <param name="command">The command whose help explains it, as typed: <c>nemotronh generate</c>.</param>
    public UsageException(string message, string command)
        : base($"{message} (see '{command} --help')")
    {
    }
}
