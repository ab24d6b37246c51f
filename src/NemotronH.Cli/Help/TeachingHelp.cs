using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace NemotronH.Cli.Help;

/// <summary>Prints a command's help, its notes and its examples.</summary>
internal sealed class TeachingHelp : SynchronousCommandLineAction
{
    private readonly HelpAction _help = new();

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        _help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is ExampleCommand command)
        {
            Write(command, parseResult.InvocationConfiguration.Output);
        }

        return ExitCode.Success;
    }

    private void Write(ExampleCommand command, TextWriter output)
    {
        output.WriteLine("Notes:");
        foreach (string line in Wrap(command.Notes, _help.MaxWidth))
        {
            output.WriteLine($"  {line}");
        }

        output.WriteLine();
        output.WriteLine("Examples:");
        foreach (CommandExample example in command.Examples)
        {
            output.WriteLine($"  {example.CommandLine}");
            output.WriteLine($"      {example.Explanation}");
        }

        output.WriteLine();
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + word.Length + 3 > width)
            {
                yield return line;
                line = "";
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        yield return line;
    }
}
