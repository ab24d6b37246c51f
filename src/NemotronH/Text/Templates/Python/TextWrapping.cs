using System.Text.RegularExpressions;
using NemotronH.Text.Templates.Rendering;

namespace NemotronH.Text.Templates.Python;

/// <summary>Breaks a text into lines as Python's <c>textwrap.wrap</c> does with tabs and white space left as they are.</summary>
/// <param name="width">How many code points a line may have; positive.</param>
/// <param name="breaksWords">Whether a word longer than that is broken.</param>
/// <param name="breaksAtHyphens">Whether a line may end behind a hyphen inside a word.</param>
/// <param name="budget">Pays for copying what is left of long words.</param>
internal sealed partial class TextWrapping(int width, bool breaksWords, bool breaksAtHyphens, RenderBudget budget)
{
    /// <summary>The lines; white space at their ends is dropped, but for that at the text's beginning.</summary>
    public List<string> Wrap(string text)
    {
        Stack<string> chunks = new((breaksAtHyphens ? Chunk() : Space()).Split(text).Where(chunk => chunk.Length > 0).Reverse());
        List<string> lines = [];
        while (chunks.Count > 0)
        {
            if (lines.Count > 0 && IsBlank(chunks.Peek()))
            {
                chunks.Pop();
            }

            List<string> line = TakeLine(chunks);
            if (line.Count > 0 && IsBlank(line[^1]))
            {
                line.RemoveAt(line.Count - 1);
            }

            if (line.Count > 0)
            {
                lines.Add(string.Concat(line));
            }
        }

        return lines;
    }

    private List<string> TakeLine(Stack<string> chunks)
    {
        List<string> line = [];
        int room = width;
        while (chunks.TryPeek(out string? chunk) && CodePoints.Count(chunk) <= room)
        {
            line.Add(chunks.Pop());
            room -= CodePoints.Count(chunk);
        }

        if (chunks.TryPeek(out string? next) && CodePoints.Count(next) > width)
        {
            TakeLongWord(chunks, line, room);
        }

        return line;
    }

    private void TakeLongWord(Stack<string> chunks, List<string> line, int room)
    {
        if (breaksWords)
        {
            string word = chunks.Pop();
            budget.SpendText(word.Length);
            int end = CodePoints.ToUnit(word, room);
            int hyphen = breaksAtHyphens ? word[..end].LastIndexOf('-') : -1;
            end = hyphen > 0 && word.AsSpan(0, hyphen).ContainsAnyExcept('-') ? hyphen + 1 : end;
            line.Add(word[..end]);
            chunks.Push(word[end..]);
        }
        else if (line.Count == 0)
        {
            line.Add(chunks.Pop());
        }
    }

    private static bool IsBlank(string chunk) => PythonText.Strip(chunk).Length == 0;

    /// <summary>Words, parts of words up to a hyphen, dashes, and the white space between them.</summary>
    [GeneratedRegex("""
        ( [\t-\r\x20]+
        | (?<=[\w!"'&.,?]) -{2,} (?=\w)
        | [^\t-\r\x20]+? (?:
            -(?: (?<=[^\d\W]{2}-) | (?<=[^\d\W]-[^\d\W]-)) (?= [^\d\W] -? [^\d\W])
          | (?=[\t-\r\x20]|\z)
          | (?<=[\w!"'&.,?]) (?=-{2,}\w)))
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Chunk();

    [GeneratedRegex(@"([\t-\r\x20]+)")]
    private static partial Regex Space();
}
