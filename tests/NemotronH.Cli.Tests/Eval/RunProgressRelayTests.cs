using NemotronH.Cli.Commands.Eval;
using NemotronH.Cli.Output;
using NemotronH.Evaluation.Runs;

namespace NemotronH.Cli.Tests.Eval;

public sealed class RunProgressRelayTests : IDisposable
{
    private readonly StandardStreams _streams = new()
    {
        Input = TextReader.Null,
        Output = TextWriter.Null,
        Error = new StringWriter { NewLine = "\n" },
    };

    public void Dispose() => _streams.Dispose();

    [Fact]
    public void The_bar_is_of_the_items_that_are_still_to_do()
    {
        Assert.Equal([0, 0.25, 1], Fractions("s.jsonl", 12, 14, 20));
        Assert.Equal("s.jsonl: 12 of 20 items are done already\n", $"{_streams.Error}");
    }

    [Fact]
    public void Nothing_is_said_of_a_run_that_begins()
    {
        Assert.Equal([0, 0.5, 1], Fractions("s.jsonl", 0, 2, 4));
        Assert.Equal("", $"{_streams.Error}");
    }

    [Fact]
    public void The_bar_of_a_finished_run_is_full() => Assert.Equal([1], Fractions("s.jsonl", 7));

    [Theory]
    [InlineData("s.jsonl", "s.jsonl: keeps 3 of 4 items; the same command goes on from there\n")]
    [InlineData(null, "3 of 4 items were done; with --out or --state they would have been kept\n")]
    public void An_interrupted_run_says_what_is_kept(string? state, string expected)
    {
        RunProgressRelay relay = new(_streams, state);
        Report(relay, 4, 0, 3);
        relay.SayWhatIsKept();
        Assert.Equal(expected, $"{_streams.Error}");
    }

    private List<double> Fractions(string state, params int[] done) => Report(new RunProgressRelay(_streams, state), done[^1], done);

    private static List<double> Report(RunProgressRelay relay, int total, params int[] done)
    {
        List<double> fractions = [];
        IProgress<RunProgress> progress = relay.To(new Relay<double>(fractions.Add));
        Array.ForEach(done, count => progress.Report(new RunProgress(count, total)));
        return fractions;
    }
}
