using System.Text.Json;
using NemotronH.Text.Parsing;

namespace NemotronH.Tests.Text.Parsing;

/// <summary>Runs parsers over texts that are cut into pieces, and writes events in a short form.</summary>
internal static class Outputs
{
    public static readonly OutputParserOptions Thinking = new() { StartsInReasoning = true, ToolCallFormat = ToolCallFormat.FunctionTags };

    public static readonly OutputParserOptions NotThinking = new() { ToolCallFormat = ToolCallFormat.FunctionTags };

    /// <summary>The events of a text given in pieces: R:reasoning, C:content, T:name arguments; neighbours of one kind joined.</summary>
    public static List<string> Events(OutputParserOptions options, IEnumerable<string> pieces)
    {
        ModelOutputParser parser = new(options);
        List<OutputEvent> events = [.. pieces.SelectMany(parser.Append)];
        events.AddRange(parser.Flush());
        return Join(events);
    }

    /// <summary>Writes events in the short form.</summary>
    public static List<string> Join(IEnumerable<OutputEvent> events)
    {
        List<string> joined = [];
        foreach (string shown in events.Select(Show))
        {
            if (joined.Count > 0 && shown[0] != 'T' && joined[^1][0] == shown[0])
            {
                joined[^1] += shown[2..];
            }
            else
            {
                joined.Add(shown);
            }
        }

        return joined;
    }

    public static List<string> Events(OutputParserOptions options, params string[] pieces) => Events(options, pieces.AsEnumerable());

    /// <summary>A text in pieces of random lengths.</summary>
    public static IEnumerable<string> Cut(string text, Random random, int longest = 6)
    {
        for (int at = 0; at < text.Length;)
        {
            int length = Math.Min(random.Next(longest), text.Length - at);
            yield return text[at..(at + length)];
            at += length;
        }
    }

    public static OutputParserOptions WithTools(string tools) => new()
    {
        ToolCallFormat = ToolCallFormat.FunctionTags,
        Tools = JsonDocument.Parse(tools).RootElement,
    };

    private static string Show(OutputEvent shown) => shown switch
    {
        ReasoningDelta reasoning => $"R:{reasoning.Text}",
        ContentDelta content => $"C:{content.Text}",
        ToolCall call => $"T:{call.Name} {call.Arguments}",
        _ => throw new InvalidOperationException(),
    };
}
