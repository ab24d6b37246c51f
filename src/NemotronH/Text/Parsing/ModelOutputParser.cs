using System.Text;

namespace NemotronH.Text.Parsing;

/// <summary>Takes apart what a model says, as it says it: reasoning, visible content, tool calls.</summary>
/// <remarks>
/// <para>
/// However the text is cut into pieces, the events put together are the same. Nothing is given out that may still turn out to be part of a tag, and
/// nothing is lost but tags and the white space that touches them: what looked like a tool call and was none comes back as text.
/// </para>
/// <para>
/// Reasoning goes from <c>&lt;think&gt;</c>, or from the beginning, to <c>&lt;/think&gt;</c>; a tool call inside it ends it too, for models at times forget
/// to. Behind the reasoning, <c>&lt;think&gt;</c> is text. A parser serves one output on one thread.
/// </para>
/// </remarks>
public sealed class ModelOutputParser
{
    private readonly OutputParserOptions _options;
    private readonly IToolCallReader? _calls;
    private readonly EventWriter _events = new();
    private readonly StringBuilder _pending = new();
    private bool _hasBegun;
    private bool _thinkIsOpen;
    private bool _isInCall;

    /// <summary>Creates a parser.</summary>
    /// <param name="options">What to expect.</param>
    public ModelOutputParser(OutputParserOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _calls = options.ToolCallFormat switch
        {
            ToolCallFormat.FunctionTags => new FunctionTagReader(new ToolSchemas(options.Tools)),
            ToolCallFormat.JsonList => new JsonListReader(),
            _ => null,
        };
    }

    /// <summary>Takes apart a whole output.</summary>
    /// <param name="text">What the model said.</param>
    /// <param name="options">What to expect.</param>
    public static ModelOutput Parse(string text, OutputParserOptions options)
    {
        ModelOutputParser parser = new(options);
        return ModelOutput.From([.. parser.Append(text), .. parser.Flush()]);
    }

    /// <summary>Takes the next piece of text.</summary>
    /// <param name="text">The piece.</param>
    /// <returns>What is certain now; often nothing.</returns>
    public IReadOnlyList<OutputEvent> Append(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _pending.Append(text);

        // A call goes on until a tag ends, so only the end of one can change anything.
        if (!_isInCall || text.Contains('>'))
        {
            Advance(isWhole: false);
        }

        return _events.Take();
    }

    /// <summary>Ends the output.</summary>
    /// <returns>What was held back.</returns>
    public IReadOnlyList<OutputEvent> Flush()
    {
        Advance(isWhole: true);
        _events.End(_options.ForceNonemptyContent);
        return _events.Take();
    }

    private void Advance(bool isWhole)
    {
        string text = _pending.ToString();
        int at = _hasBegun ? 0 : Begin(text, isWhole);
        while (_hasBegun && at < text.Length)
        {
            int length = Step(text[at..], isWhole);
            if (length == 0)
            {
                break;
            }

            at += length;
        }

        _pending.Remove(0, at);
    }

    /// <summary>Decides whether the output begins with reasoning, which it does also where the model itself opens it.</summary>
    /// <returns>How many characters that took.</returns>
    private int Begin(string text, bool isWhole)
    {
        string start = text.TrimStart();
        bool opens = start.StartsWith(Tags.ThinkOpen, StringComparison.Ordinal);
        if (!opens && !isWhole && Tags.ThinkOpen.StartsWith(start, StringComparison.Ordinal))
        {
            return 0;
        }

        _hasBegun = true;
        if (opens || _options.StartsInReasoning)
        {
            _thinkIsOpen = true;
            _events.InReasoning = true;
            _events.PassTag();
        }

        return opens ? text.Length - start.Length + Tags.ThinkOpen.Length : 0;
    }

    /// <summary>Handles the text up to the next tag, or the tag that it begins with.</summary>
    /// <returns>How many characters that took; 0 where more are needed.</returns>
    private int Step(string text, bool isWhole)
    {
        (int at, string? tag) = FindTag(text);
        if (at != 0)
        {
            int length = tag is not null ? at : text.Length - (isWhole ? 0 : Tags.CountPossibleBeginning(text, [.. ActiveTags()]));
            _events.Write(text[..length]);
            return length;
        }

        return tag == Tags.ThinkClose ? CloseThink() : ReadCall(text, isWhole);
    }

    private IEnumerable<string> ActiveTags()
    {
        if (_thinkIsOpen)
        {
            yield return Tags.ThinkClose;
        }

        if (_calls is not null)
        {
            yield return _calls.OpeningTag;
        }
    }

    /// <summary>Where the first tag stands that means something now; at −1 none does.</summary>
    private (int Position, string? Tag) FindTag(string text)
    {
        (int position, string? first) = (-1, null);
        foreach (string tag in ActiveTags())
        {
            int at = text.IndexOf(tag, StringComparison.Ordinal);
            if (at >= 0 && (position < 0 || at < position))
            {
                (position, first) = (at, tag);
            }
        }

        return (position, first);
    }

    private int CloseThink()
    {
        _thinkIsOpen = false;
        _events.InReasoning = false;
        _events.PassTag();
        return Tags.ThinkClose.Length;
    }

    private int ReadCall(string text, bool isWhole)
    {
        ToolCallReading reading = _calls!.Read(text, isWhole);
        _isInCall = reading.Status == ToolCallStatus.Incomplete;
        switch (reading.Status)
        {
            case ToolCallStatus.Complete:
                _events.PassTag();
                _events.InReasoning = false;
                reading.Calls.ToList().ForEach(_events.Write);
                return reading.Length;
            case ToolCallStatus.Malformed:
                EndReasoning();
                _events.Write(_calls.OpeningTag);
                return _calls.OpeningTag.Length;
            case ToolCallStatus.NotACall:
                _events.Write(_calls.OpeningTag);
                return _calls.OpeningTag.Length;
            default:
                return 0;
        }
    }

    private void EndReasoning()
    {
        if (_events.InReasoning)
        {
            _events.PassTag();
            _events.InReasoning = false;
        }
    }
}
