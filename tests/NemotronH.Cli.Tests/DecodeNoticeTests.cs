using NemotronH.Cli.Output;

namespace NemotronH.Cli.Tests;

public sealed class DecodeNoticeTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("block 'layers.3' has no decode step: …", "note: block 'layers.3' has no decode step: …; tokens are decoded without recorded steps, which is slower\n")]
    public void Slower_decoding_is_told_on_stderr_and_nothing_else_is(string? note, string expected)
    {
        using var error = new StringWriter { NewLine = "\n" };
        using var output = new StringWriter();
        using var streams = new StandardStreams { Input = TextReader.Null, Output = output, Error = error };

        DecodeNotice.Write(streams, note);

        Assert.Equal((expected, ""), (error.ToString(), output.ToString()));
    }
}
