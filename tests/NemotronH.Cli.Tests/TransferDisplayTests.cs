using NemotronH.Checkpoints.Hub;
using NemotronH.Cli.Output;

namespace NemotronH.Cli.Tests;

public sealed class TransferDisplayTests
{
    [Fact]
    public void What_is_done_is_named()
    {
        Assert.Equal("2 of 7 files", TransferDisplay.Describe(new HubProgress(1, 9, 2, 7)));
        Assert.Equal("hashing, 2 of 7 files", TransferDisplay.Describe(new HubProgress(1, 9, 2, 7) { Stage = HubStage.Verifying }));
        Assert.Equal(
            "2 of 7 files, waiting for another program that fetches 3",
            TransferDisplay.Describe(new HubProgress(1, 9, 2, 7) { FilesAwaited = 3 }));
    }

    [Fact]
    public async Task Log_says_once_that_another_program_is_waited_for()
    {
        var error = new StringWriter { NewLine = "\n" };
        using var streams = new StandardStreams { Input = TextReader.Null, Output = TextWriter.Null, Error = error, IsErrorTerminal = false };

        await TransferDisplay.RunAsync(
            streams,
            progress =>
            {
                foreach (int awaited in new[] { 0, 1, 2, 0, 1 })
                {
                    progress!.Report(new HubProgress(1, 9, 2, 7) { FilesAwaited = awaited });
                }

                return Task.FromResult(0);
            },
            TestContext.Current.CancellationToken);

        Assert.Equal("waiting for another program that fetches the same model\n", error.ToString());
    }
}
