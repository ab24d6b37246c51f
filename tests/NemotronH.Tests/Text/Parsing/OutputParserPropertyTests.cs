using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using NemotronH.Text.Parsing;

namespace NemotronH.Tests.Text.Parsing;

public sealed partial class OutputParserPropertyTests
{
    private static readonly string[] Words =
    [
        "a", "b c", " ", "\n", "<", ">", "</", "<think>", "</think>", "<tool_call>", "</tool_call>", "<function=", "<function=f>", "</function>",
        "<parameter=", "<parameter=x>", "</parameter>", "<tool_call>\n<function=f>\n", "\n</function>\n</tool_call>", "<parameter=y>\nv\n</parameter>",
        "<TOOLCALL>", "</TOOLCALL>", "[", "]", "{\"name\": \"f\"}", "[{\"name\": \"g\", \"arguments\": {\"k\": \"v\"}}]", "\"", ",", "é😀",
    ];

    [Fact]
    public void However_a_text_is_cut_the_events_are_the_same() => ForAnyText(mayForce: true, (options, text, random) =>
    {
        List<string> whole = Outputs.Events(options, text);
        Assert.Equal(whole, Outputs.Events(options, text.Select(letter => letter.ToString())));
        Assert.Equal(whole, Outputs.Events(options, Outputs.Cut(text, random)));
        for (int at = 0; at <= text.Length; at++)
        {
            Assert.Equal(whole, Outputs.Events(options, text[..at], text[at..]));
        }
    });

    [Fact]
    public void What_is_given_out_early_is_never_taken_back() => ForAnyText(mayForce: true, (options, text, random) =>
    {
        string whole = string.Join('\n', Outputs.Events(options, text));
        ModelOutputParser parser = new(options);
        List<OutputEvent> events = [];
        foreach (string piece in Outputs.Cut(text, random))
        {
            events.AddRange(parser.Append(piece));
            Assert.StartsWith(string.Join('\n', Outputs.Join(events)), whole, StringComparison.Ordinal);
        }
    });

    [Fact]
    public void No_text_is_lost() => ForAnyText(mayForce: false, (options, text, random) =>
    {
        ModelOutput output = ModelOutputParser.Parse(text, options);
        if (output.ToolCalls.Count == 0)
        {
            string said = Dense(output.Reasoning + output.Content);
            string[] allowed = [Dense(text), Dense(Once(text, "<think>")), Dense(Once(text, "</think>")), Dense(Once(Once(text, "<think>"), "</think>"))];
            Assert.Contains(said, allowed);
        }
    });

    [Theory]
    [InlineData("</think>", ToolCallFormat.None)]
    [InlineData("</think>", ToolCallFormat.FunctionTags)]
    [InlineData("<tool_call>", ToolCallFormat.FunctionTags)]
    [InlineData("<TOOLCALL>", ToolCallFormat.JsonList)]
    public void No_part_of_a_tag_is_given_out_before_it_is_known_to_be_text(string tag, ToolCallFormat format)
    {
        for (int length = 1; length <= tag.Length; length++)
        {
            ModelOutputParser parser = new(new OutputParserOptions { StartsInReasoning = true, ToolCallFormat = format });

            Assert.Equal([new ReasoningDelta("text<")], parser.Append("text<" + tag[..length]));
            if (length < tag.Length)
            {
                Assert.Equal([new ReasoningDelta(tag[..length] + "!")], parser.Append("!"));
            }
        }
    }

    [Fact]
    public void Well_formed_calls_are_those_that_a_regular_expression_finds()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            Random random = new(seed);
            StringBuilder text = new();
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                text.Append(random.Next(3) == 0 ? "words " : RandomCall(random));
            }

            string[] expected = [.. WholeCall().Matches(text.ToString()).Select(match => Show(match))];
            ModelOutput output = ModelOutputParser.Parse(text.ToString(), Outputs.NotThinking);
            Assert.Equal(expected, output.ToolCalls.Select(call => $"{call.Name} {call.Arguments}"));
            Assert.Equal(Dense(WholeCall().Replace(text.ToString(), "")), Dense(output.Content));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Fact]
    public void A_forced_answer_adds_the_reasoning_only_where_nothing_else_was_said() => ForAnyText(mayForce: false, (options, text, random) =>
    {
        ModelOutput free = ModelOutputParser.Parse(text, options);
        OutputParserOptions forcing = new()
        {
            StartsInReasoning = options.StartsInReasoning,
            ToolCallFormat = options.ToolCallFormat,
            ForceNonemptyContent = true,
        };
        ModelOutput forced = ModelOutputParser.Parse(text, forcing);

        bool isEmpty = string.IsNullOrWhiteSpace(free.Content) && free.ToolCalls.Count == 0;
        Assert.Equal(free.Reasoning, forced.Reasoning);
        Assert.Equal(free.ToolCalls, forced.ToolCalls);
        Assert.Equal(isEmpty ? free.Content + free.Reasoning?.Trim() : free.Content, forced.Content);
    });

    private static void ForAnyText(bool mayForce, Action<OutputParserOptions, string, Random> check) => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        Random random = new(seed);
        OutputParserOptions options = new()
        {
            StartsInReasoning = random.Next(2) == 0,
            ToolCallFormat = (ToolCallFormat)random.Next(3),
            ForceNonemptyContent = mayForce && random.Next(2) == 0,
        };
        check(options, string.Concat(Enumerable.Range(0, random.Next(14)).Select(_ => Words[random.Next(Words.Length)])), random);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    private static string RandomCall(Random random)
    {
        StringBuilder call = new("<tool_call>\n<function=f" + random.Next(3) + ">\n");
        for (int i = random.Next(3); i > 0; i--)
        {
            string value = new([.. Enumerable.Range(0, random.Next(6)).Select(_ => "x <\n>/"[random.Next(6)])]);
            call.Append("<parameter=p" + i + ">\n" + value + "\n</parameter>\n");
        }

        return call + "</function>\n</tool_call>\n";
    }

    private static string Show(Match call)
    {
        IEnumerable<string> arguments = call.Groups["parameter"].Captures
            .Zip(call.Groups["value"].Captures, (name, value) => $"\"{name.Value}\":\"{value.Value.Replace("\n", "\\n")}\"");
        return $"{call.Groups["function"].Value} {{{string.Join(',', arguments)}}}";
    }

    private static string Once(string text, string tag) => text.IndexOf(tag, StringComparison.Ordinal) is var at and >= 0 ? text.Remove(at, tag.Length) : text;

    private static string Dense(string text) => string.Concat(text.Where(letter => !char.IsWhiteSpace(letter)));

    [GeneratedRegex(
        @"<tool_call>\n<function=(?<function>\w+)>\n(<parameter=(?<parameter>\w+)>\n(?<value>[x <\n>/]*?)\n</parameter>\n)*</function>\n</tool_call>",
        RegexOptions.ExplicitCapture)]
    private static partial Regex WholeCall();
}
