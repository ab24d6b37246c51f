using System.Text;
using NemotronH.Text;

namespace NemotronH.Generation;

/// <summary>Turns tokens into text as they come, and ends it at a stop string.</summary>
internal sealed class TextStream
{
    private readonly StreamingDecoder _decoder;
    private readonly StopStringMatcher _matcher;

    public TextStream(Tokenizer tokenizer, GenerationOptions options)
    {
        _decoder = new StreamingDecoder(tokenizer, skipSpecialTokens: !options.KeepSpecialTokens);
        _matcher = new StopStringMatcher(options.StopStrings);
    }

    /// <summary>Whether a stop string was found: nothing more will come.</summary>
    public bool Stopped => _matcher.Matched is not null;

    /// <summary>Adds a token.</summary>
    /// <param name="token">Its id.</param>
    /// <param name="isLast">Whether text that was held back must come out now.</param>
    /// <returns>The text that is certain by now.</returns>
    public string Append(int token, bool isLast)
    {
        var text = new StringBuilder(_matcher.Append(_decoder.Append(token)));
        if (isLast && !Stopped)
        {
            text.Append(_matcher.Append(_decoder.Flush()));
            text.Append(Stopped ? "" : _matcher.Flush());
        }

        return text.ToString();
    }
}
