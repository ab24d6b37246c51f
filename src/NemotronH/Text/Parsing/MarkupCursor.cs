namespace NemotronH.Text.Parsing;

/// <summary>Goes through the markup of a tool call of which the end may be missing.</summary>
/// <param name="text">The markup.</param>
/// <param name="isWhole">Whether nothing will follow.</param>
/// <param name="start">Where to begin.</param>
internal sealed class MarkupCursor(string text, bool isWhole, int start)
{
    /// <summary>What comes next.</summary>
    public int Position { get; private set; } = start;

    /// <summary>Whether something could not be read because the text ends, and more will follow.</summary>
    public bool IsShort { get; private set; }

    /// <summary>Passes white space and the one of some tags that follows.</summary>
    /// <returns>Which one; <see langword="null"/> where it is none of them, or not certain yet.</returns>
    public int? Next(params ReadOnlySpan<string> tags)
    {
        int at = SkipSpace(Position);
        for (int i = 0; i < tags.Length; i++)
        {
            if (text.AsSpan(at).StartsWith(tags[i], StringComparison.Ordinal))
            {
                Position = at + tags[i].Length;
                return i;
            }
        }

        IsShort = !isWhole && MayBegin(at, tags);
        return null;
    }

    /// <summary>Passes the rest of an opening tag.</summary>
    /// <returns>The name in it; <see langword="null"/> where there is none, or not yet.</returns>
    public string? Name()
    {
        int end = text.AsSpan(Position).IndexOfAny('>', '<', '\n');
        if (end < 0)
        {
            IsShort = !isWhole;
            return null;
        }

        string name = text.Substring(Position, end).Trim();
        bool isName = text[Position + end] == '>' && name.Length > 0;
        Position += isName ? end + 1 : 0;
        return isName ? name : null;
    }

    /// <summary>Passes a parameter's value and its closing tag.</summary>
    /// <returns>The value, without the line breaks next to the tags; <see langword="null"/> where it does not end, or not yet.</returns>
    public string? Value()
    {
        for (int from = Position; ; from++)
        {
            int end = text.IndexOf("</", from, StringComparison.Ordinal);
            if (end < 0)
            {
                IsShort = !isWhole;
                return null;
            }

            if (EndsAt(end, Tags.ParameterClose, Tags.ParameterOpen, Tags.FunctionClose))
            {
                return TakeValue(end, end + Tags.ParameterClose.Length);
            }

            if (EndsAt(end, Tags.FunctionClose, Tags.CallClose))
            {
                return TakeValue(end, end);
            }

            if (IsShort)
            {
                return null;
            }

            from = end;
        }
    }

    /// <summary>Whether, white space aside, nothing follows but perhaps the beginning of a tag.</summary>
    public bool EndsIn(string tag) => MayBegin(SkipSpace(Position), tag);

    /// <summary>Whether a value ends here: with a closing tag that one of some other tags follows.</summary>
    private bool EndsAt(int at, string closing, params ReadOnlySpan<string> followers)
    {
        if (!text.AsSpan(at).StartsWith(closing, StringComparison.Ordinal))
        {
            IsShort |= !isWhole && MayBegin(at, closing);
            return false;
        }

        int next = SkipSpace(at + closing.Length);
        foreach (string follower in followers)
        {
            if (text.AsSpan(next).StartsWith(follower, StringComparison.Ordinal))
            {
                return true;
            }
        }

        bool isOpen = MayBegin(next, followers);
        IsShort |= !isWhole && isOpen;
        return isWhole && isOpen && closing == Tags.FunctionClose;
    }

    private string TakeValue(int end, int next)
    {
        ReadOnlySpan<char> value = text.AsSpan(Position, end - Position);
        value = value.StartsWith("\n") ? value[1..] : value;
        value = value.EndsWith("\n") ? value[..^1] : value;
        Position = next;
        return value.ToString();
    }

    private int SkipSpace(int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        return at;
    }

    /// <summary>Whether the text ends within what may become one of the tags.</summary>
    private bool MayBegin(int at, params ReadOnlySpan<string> tags)
    {
        foreach (string tag in tags)
        {
            if (tag.AsSpan().StartsWith(text.AsSpan(at), StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
