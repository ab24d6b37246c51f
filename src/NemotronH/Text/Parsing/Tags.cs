namespace NemotronH.Text.Parsing;

/// <summary>The markup of reasoning and tool calls.</summary>
internal static class Tags
{
    public const string ThinkOpen = "<think>";
    public const string ThinkClose = "</think>";
    public const string CallOpen = "<tool_call>";
    public const string CallClose = "</tool_call>";
    public const string FunctionOpen = "<function=";
    public const string FunctionClose = "</function>";
    public const string ParameterOpen = "<parameter=";
    public const string ParameterClose = "</parameter>";
    public const string ListOpen = "<TOOLCALL>";
    public const string ListClose = "</TOOLCALL>";

    /// <summary>How many characters at the end of a text may be the beginning of one of the tags.</summary>
    public static int CountPossibleBeginning(string text, IReadOnlyList<string> tags)
    {
        int longest = Math.Min(text.Length, tags.Select(tag => tag.Length - 1).DefaultIfEmpty(0).Max());
        for (int length = longest; length > 0; length--)
        {
            if (tags.Any(tag => tag.AsSpan().StartsWith(text.AsSpan(text.Length - length), StringComparison.Ordinal)))
            {
                return length;
            }
        }

        return 0;
    }
}
