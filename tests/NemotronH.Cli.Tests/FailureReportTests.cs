namespace NemotronH.Cli.Tests;

public sealed class FailureReportTests
{
    [Fact]
    public void Message_of_several_lines_becomes_one_without_control_characters()
    {
        (string text, int code) = Report(new NemotronHException("first\r\n  second\e[31m\tthird\n"), verbose: false);

        Assert.Equal("error: first second [31m third\n", text);
        Assert.Equal(1, code);
    }

    [Fact]
    public void Defect_is_called_one_and_shows_where_only_when_asked()
    {
        Exception failure = Assert.Throws<InvalidOperationException>(void () => throw new InvalidOperationException("Oops."));

        (string brief, int code) = Report(failure, verbose: false);
        (string verbose, _) = Report(failure, verbose: true);

        Assert.Equal("error: InvalidOperationException: Oops. (this is a defect; --verbose shows where)\n", brief);
        Assert.Equal(1, code);
        Assert.StartsWith(brief, verbose);
        Assert.Contains($"at {typeof(FailureReportTests).FullName}", verbose);
    }

    [Fact]
    public void Exit_code_says_what_kind_of_failure_it_was()
    {
        Assert.Equal(("error: interrupted\n", 130), Report(new OperationCanceledException(), verbose: false));
        Assert.Equal(("error: no (see 'nemotronh --help')\n", 2), Report(new UsageException("no", "nemotronh"), verbose: false));
    }

    private static (string Text, int Code) Report(Exception failure, bool verbose)
    {
        var error = new StringWriter { NewLine = "\n" };
        int code = new FailureReport(error, verbose).Report(failure);
        return (error.ToString(), code);
    }
}
