namespace NemotronH.Cli.Help;

/// <summary>A command line to try.</summary>
/// <param name="CommandLine">As it is typed.</param>
/// <param name="Explanation">What it does, in one sentence.</param>
internal sealed record CommandExample(string CommandLine, string Explanation);
