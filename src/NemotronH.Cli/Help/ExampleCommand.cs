using System.CommandLine;

namespace NemotronH.Cli.Help;

/// <summary>A command whose help says more than what it and its options do.</summary>
/// <param name="name">What is typed.</param>
/// <param name="description">What the command does, in one sentence.</param>
/// <param name="notes">What else there is to know.</param>
/// <param name="examples">Command lines to try.</param>
internal abstract class ExampleCommand(string name, string description, string notes, params CommandExample[] examples)
    : Command(name, description)
{
    /// <summary>What else there is to know.</summary>
    public string Notes { get; } = notes;

    /// <summary>Command lines to try.</summary>
    public IReadOnlyList<CommandExample> Examples { get; } = examples;
}
