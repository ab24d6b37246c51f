namespace NemotronH.Cli.Commands.Chat;

/// <summary>Something that a person tells the program in a chat, not the model.</summary>
/// <param name="Usage">How it is typed, such as <c>/save FILE</c>.</param>
/// <param name="Description">What it does.</param>
/// <param name="Run">Does it with what follows the name.</param>
internal sealed record SlashCommand(string Usage, string Description, Action<string> Run)
{
    /// <summary>The first word.</summary>
    public string Name => Usage.Split(' ')[0];
}
