namespace NemotronH.Cli.Commands.Chat;

/// <summary>Makes a model's text safe to show.</summary>
internal static class TerminalText
{
    /// <summary>
    /// Drops control characters other than newline and tab (C0, DEL and C1): without its escape character no sequence means anything to a terminal, so a
    /// model cannot move the cursor, set the title or write over what stands there.
    /// </summary>
    public static string Neutralize(string text) =>
        text.Any(IsDangerous) ? string.Concat(text.Where(c => !IsDangerous(c))) : text;

    private static bool IsDangerous(char c) => char.IsControl(c) && c is not ('\n' or '\t');
}
