using System.Text.Json;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests.Chat;

public sealed class ChatInterruptionTests : IDisposable
{
    private readonly ChatModel _model = new();
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task Ctrl_C_stops_the_answer_and_the_next_turn_works()
    {
        using var interruption = new Interruption();
        int pieces = 0;
        var output = new FlushRecorder { AfterFlush = () => _ = ++pieces == 2 && interruption.Interrupt() };
        string file = _model.Directory["saved.json"];

        int exitCode = await RunAsync(interruption, output, "a\n/set max-tokens 3\nb\n/save " + file);

        Assert.Equal(0, exitCode);
        string[] reports = _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, reports.Length);
        Assert.EndsWith("; interrupted]", reports[0]);
        Assert.Contains("answer 3 tokens", reports[1]);
        Assert.False(interruption.Token.IsCancellationRequested);
        JsonElement saved = JsonElement.Parse(File.ReadAllText(file));
        Assert.Equal(string.Concat(output.Flushed.Take(2)), saved[1].GetProperty("content").GetString());
        Assert.Equal("assistant", saved[1].GetProperty("role").GetString());
    }

    [Fact]
    public async Task Second_Ctrl_C_within_an_answer_ends_the_program()
    {
        using var interruption = new Interruption();
        var output = new FlushRecorder { AfterFlush = () => _ = interruption.Interrupt() && interruption.Interrupt() };

        Assert.Equal(130, await RunAsync(interruption, output, "a\nb\n"));
        Assert.StartsWith("error: interrupted\n", _error.ToString());
    }

    [Fact]
    public void Ctrl_C_ends_the_program_again_when_an_answer_is_over()
    {
        using var interruption = new Interruption();
        interruption.Divert(() => Assert.Fail("the answer is over")).Dispose();

        Assert.True(interruption.Interrupt());
        Assert.True(interruption.Token.IsCancellationRequested);
        Assert.False(interruption.Interrupt());
    }

    [Theory]
    [InlineData("cc", 130)]
    [InlineData("xcc", 130)]
    [InlineData("cx\rcd", 0)]
    [InlineData("cxcxcd", 0)]
    [InlineData("cxccd", 130, 1)]
    [InlineData("d", 0)]
    public async Task Two_Ctrl_C_in_a_row_at_the_prompt_leave_with_130_and_Ctrl_D_with_0(string pressed, int expected, int left = 0)
    {
        var keys = new Queue<ConsoleKeyInfo>(pressed.Select(Key));
        using var interruption = new Interruption();

        int exitCode = await RunAsync(interruption, new StringWriter(), "", new KeyInput(keys.Dequeue, () => 80));

        Assert.Equal(expected, exitCode);
        Assert.Equal(left, keys.Count);
    }

    /// <summary>c and d are Ctrl-C and Ctrl-D.</summary>
    private static ConsoleKeyInfo Key(char c) => c switch
    {
        'c' => new('\u0003', ConsoleKey.C, shift: false, alt: false, control: true),
        'd' => new('\u0004', ConsoleKey.D, shift: false, alt: false, control: true),
        '\r' => new('\r', ConsoleKey.Enter, false, false, false),
        _ => new(c, ConsoleKey.X, false, false, false),
    };

    private Task<int> RunAsync(Interruption interruption, TextWriter output, string stdin, KeyInput? keys = null)
    {
        var streams = new StandardStreams
        {
            Input = new StringReader(stdin),
            Output = output,
            Error = _error,
            IsInputTerminal = keys is not null,
            IsErrorTerminal = keys is not null,
            Keys = keys,
            Interruption = interruption,
        };
        string[] arguments = _model.Arguments("--max-tokens", keys is null ? "40" : "2", "--temperature", "1", "--seed", "3");
        return CommandLineApp.RunAsync(keys is null ? [.. arguments, "--verbose"] : arguments, streams, interruption.Token);
    }
}
