using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NemotronH.Text.Templates.Chat;

/// <summary>Reads JSON strings also where they escape half a surrogate pair, as programs do that cut texts in the middle of an emoji.</summary>
/// <remarks>Such a half becomes U+FFFD, as the tokenizer has it.</remarks>
internal static class JsonStrings
{
    /// <summary>Reads a string value.</summary>
    public static string Read(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Unescape(element.GetRawText()[1..^1]);
        }
    }

    /// <summary>Reads a property's name.</summary>
    public static string ReadName(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            string raw = property.ToString();
            return Unescape(raw[1..raw.AsSpan().IndexOfUnescapedQuote()]);
        }
    }

    private static int IndexOfUnescapedQuote(this ReadOnlySpan<char> raw)
    {
        int at = 1;
        while (raw[at] != '"')
        {
            at += raw[at] == '\\' ? 2 : 1;
        }

        return at;
    }

    private static string Unescape(string body)
    {
        StringBuilder text = new(body.Length);
        for (int i = 0; i < body.Length; i++)
        {
            if (body[i] != '\\')
            {
                text.Append(body[i]);
                continue;
            }

            char escape = body[++i];
            if (escape == 'u')
            {
                text.Append((char)ushort.Parse(body.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                i += 4;
            }
            else
            {
                text.Append(escape switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', _ => escape });
            }
        }

        // Through bytes and back, which replaces what is half.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
