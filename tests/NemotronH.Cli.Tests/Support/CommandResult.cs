using System.Text.Json;

namespace NemotronH.Cli.Tests.Support;

/// <summary>What a command line left behind.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>The command succeeded and said nothing but its result.</summary>
    public CommandResult Succeeded()
    {
        Assert.Equal("", Error);
        Assert.Equal(0, ExitCode);
        return this;
    }

    /// <summary>The command failed with this code, one line on stderr and nothing on stdout.</summary>
    /// <returns>The line, without <c>error: </c>.</returns>
    public string FailedWith(int exitCode)
    {
        Assert.Equal("", Output);
        Assert.StartsWith("error: ", Error);
        Assert.Equal(Error.Length - 1, Error.IndexOf('\n'));
        Assert.Equal(exitCode, ExitCode);
        return Error["error: ".Length..^1];
    }

    /// <summary>stdout as one JSON object on one line.</summary>
    public JsonElement Json()
    {
        Assert.Equal(Output.Length - 1, Output.IndexOf('\n'));
        return JsonDocument.Parse(Output).RootElement;
    }
}
