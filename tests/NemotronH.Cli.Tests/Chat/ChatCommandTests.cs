using System.Text.Json;
using System.Text.RegularExpressions;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests.Chat;

public sealed partial class ChatCommandTests : IDisposable
{
    private readonly ChatModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task Second_turn_knows_the_first_and_reuses_its_tokens()
    {
        CommandResult result = await CommandLine.RunAsync(
            ["chat", "--device", "cpu", "--seed", "1", "--max-tokens", "8", "--ignore-eos", "--verbose"], "Must thou be gone?\nAnd now?\n");

        Assert.Equal(0, result.ExitCode);
        int[][] reports = [.. Report().Matches(result.Error).Select(match => match.Groups.Values.Skip(1).Select(group => int.Parse(group.Value)).ToArray())];
        Assert.Equal(2, reports.Length);
        Assert.Equal([0, 8], reports[0][1..]);
        Assert.True(reports[1][0] > reports[0][0] + 8, result.Error);
        Assert.True(reports[1][1] >= reports[0][0], result.Error);
    }

    [Fact]
    public async Task Nothing_but_answers_is_printed_through_a_pipe()
    {
        string file = _model.Directory["saved.json"];

        CommandResult result = (await _model.ChatAsync($"ab\n\ncd\n/save {file}\n")).Succeeded();

        string[] answers = [.. Messages(file).Where(message => message.Role == "assistant").Select(message => message.Content)];
        Assert.Equal(2, answers.Length);
        string shown = string.Concat(answers.Select(Shown));
        Assert.Equal(shown, result.Output);
        Assert.DoesNotContain('\e', result.Output);
    }

    [Fact]
    public async Task Lines_that_end_in_a_backslash_and_blocks_are_one_turn()
    {
        string file = _model.Directory["saved.json"];

        (await _model.ChatAsync($"a\\\nb\\\nc\n\"\"\"\nd\n\n/e\n\"\"\"\n\"\"\"f\"\"\"\n//g\n/save {file}", "--max-tokens", "1")).Succeeded();

        Assert.Equal(["a\nb\nc", "d\n\n/e", "f", "/g"], Messages(file).Where(message => message.Role == "user").Select(message => message.Content));
    }

    [Fact]
    public async Task Conversation_is_saved_loaded_and_saved_again_as_it_was()
    {
        string first = _model.Directory["first.json"], second = _model.Directory["second.json"];

        (await _model.ChatAsync($"é \"quoted\" 😀\n/save {first}\n", "--system", "Be brief.")).Succeeded();
        (await _model.ChatAsync($"/load {first}\n/save {second}\n")).Succeeded();

        Assert.Equal(File.ReadAllText(first), File.ReadAllText(second));
        Assert.Equal(["system", "user", "assistant"], Messages(first).Select(message => message.Role));
        Assert.Equal("é \"quoted\" 😀", Messages(first)[1].Content);
        Assert.Equal(["first.json", "model", "second.json", "shape"], _model.Directory.Contents());
    }

    [Fact]
    public async Task Loaded_request_goes_on_as_if_it_had_been_said()
    {
        string file = _model.Directory.Write(
            "request.json", """{"messages": [{"role": "user", "content": "ab"}, {"role": "assistant", "content": "cd"}], "temperature": 1}""");

        CommandResult result = await _model.ChatAsync($"/load {file}\ne\n", "--verbose");

        Assert.Contains("[prompt 16 tokens, ", result.Error); // <s>uab</s><s>acd</s><s>ue</s><s>a
    }

    [Fact]
    public async Task Clear_keeps_the_system_prompt_and_system_replaces_it()
    {
        string file = _model.Directory["saved.json"];

        (await _model.ChatAsync($"ab\n/system Be kind.\n/clear\ncd\n/save {file}\n", "--system", "Be brief.")).Succeeded();
        Assert.Equal(["Be kind.", "cd"], Messages(file).Take(2).Select(message => message.Content));

        (await _model.ChatAsync($"/system\ncd\n/save {file}\n", "--system", "Be brief.")).Succeeded();
        Assert.Equal("user", Messages(file)[0].Role);
    }

    [Fact]
    public async Task Think_shows_reasoning_on_stderr_and_keeps_it_apart()
    {
        string file = _model.Directory["saved.json"];

        CommandResult result = await _model.ChatAsync($"/think on\nab\n/save {file}\n", "--max-tokens", "8");

        Assert.Equal(0, result.ExitCode);
        Assert.NotEqual("", result.Error);
        Assert.Equal("", result.Output);
        JsonElement answer = JsonElement.Parse(File.ReadAllText(file))[1];
        Assert.Equal("", answer.GetProperty("content").GetString());
        Assert.Equal(result.Error, Shown(answer.GetProperty("reasoning_content").GetString()!));
    }

    [Fact]
    public async Task No_think_is_told_to_the_template()
    {
        File.AppendAllText(Path.Join(_model.Path, "chat_template.jinja"), "{{ 'xyz' if enable_thinking is defined }}");

        Assert.Contains("[prompt 6 tokens", (await _model.ChatAsync("a", "--verbose")).Error);
        Assert.Contains("[prompt 9 tokens", (await _model.ChatAsync("a", "--verbose", "--no-think")).Error);
    }

    [Fact]
    public async Task Settings_are_listed_and_change_the_answers_that_follow()
    {
        CommandResult result = await _model.ChatAsync(
            "/set max-tokens 2\n/set temperature 0.5\n/set top-p 0.9\n/set\nab\n/set temperature default\n/think off\n/set\n", "--verbose");

        Assert.Equal(0, result.ExitCode);
        string[] lines = result.Error.Split('\n');
        Assert.Equal("temperature 0.5, top-p 0.9, max-tokens 2, think default", lines[0]);
        Assert.Contains("answer 2 tokens", lines[1]);
        Assert.Contains("cut at the limit of tokens", lines[1]);
        Assert.Equal("temperature default, top-p 0.9, max-tokens 2, think off", lines[2]);
    }

    [Fact]
    public async Task Tokens_are_those_of_the_rendered_conversation()
    {
        CommandResult result = await _model.ChatAsync("/tokens\n/system ab\n/tokens\n");

        Assert.Equal("0 of 64 tokens, 0 messages\n5 of 64 tokens, 1 messages\n", result.Error);
    }

    [Fact]
    public async Task Help_names_every_command_and_exit_leaves_the_rest_unread()
    {
        CommandResult result = await _model.ChatAsync("/help\n/exit\n/bogus\n");

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(
            ["/help", "/clear", "/system", "/think", "/set", "/tokens", "/save", "/load", "/exit"],
            result.Error.Split('\n').Where(line => line.StartsWith('/')).Select(line => line.Split(' ')[0]));
    }

    [Theory]
    [InlineData("/bogus", "unknown command '/bogus'; /help lists them")]
    [InlineData("/clear all", "/clear: unexpected 'all'")]
    [InlineData("/think maybe", "/think: 'maybe' is not 'on' or 'off'")]
    [InlineData("/set temperature", "/set: expected temperature, top-p or max-tokens and a value")]
    [InlineData("/set heat 1", "/set: 'heat' is not one of temperature, top-p, max-tokens")]
    [InlineData("/set temperature -1", "/set temperature: '-1' is not a number from 0 on, nor 'default'")]
    [InlineData("/set temperature NaN", "/set temperature: 'NaN' is not a number from 0 on")]
    [InlineData("/set top-p 1.5", "/set top-p: '1.5' is not a number above 0 and at most 1")]
    [InlineData("/set max-tokens 0", "/set max-tokens: '0' is not a whole number from 1")]
    [InlineData("/save", "/save: there is no file name")]
    [InlineData("/load", "/load: there is no file name")]
    [InlineData("/load no-such-file.json", "no-such-file.json: cannot be read: ")]
    [InlineData("/save no-such-directory/f.json", "no-such-directory/f.json: cannot be written")]
    [InlineData("\"\"\"never ended", "the input ends within a block; expected a line that ends in \"\"\"")]
    public async Task What_cannot_be_done_ends_a_pipe_with_one_line(string line, string message)
    {
        string failure = (await _model.ChatAsync(line)).FailedWith(1);

        Assert.StartsWith(message, failure);
    }

    [Theory]
    [InlineData("{", "is not JSON")]
    [InlineData("{\"a\": 1}", "holds no messages; expected a JSON list of them")]
    [InlineData("[{\"role\": \"user\"}, {\"content\": \"a\"}]", "message 2 has no known role; expected an object whose role is one of system,")]
    [InlineData("[{\"role\": \"king\"}]", "message 1 has no known role")]
    [InlineData("[1]", "message 1 has no known role")]
    [InlineData("[{\"role\": \"\\ud800\"}]", "is not JSON")]
    [InlineData("[{\"role\": \"user\", \"content\": \"\\ud800\"}]", "is not JSON")]
    public async Task Files_that_hold_no_conversation_are_refused(string content, string message)
    {
        string file = _model.Directory.Write("bad.json", content);

        string failure = (await _model.ChatAsync($"/load {file}")).FailedWith(1);

        Assert.StartsWith($"{file}: {message}", failure);
    }

    [Fact]
    public async Task Failures_are_told_to_a_person_and_the_chat_goes_on()
    {
        string tooLong = new('x', TestModel.MaxContext);

        CommandResult result = await CommandLine.RunAsync(_model.Arguments(), $"/bogus\n{tooLong}\n/tokens\n", isTerminal: true);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(2, Regex.Count(result.Error, "(?m)^(> )*error: "));
        Assert.Contains("0 of 64 tokens, 0 messages", result.Error);
    }

    [Fact]
    public async Task Model_without_a_template_is_refused_before_it_is_loaded()
    {
        File.Delete(Path.Join(_model.Path, "chat_template.jinja"));

        Assert.Contains("chat_template", (await _model.ChatAsync("a")).FailedWith(1));
    }

    private static string Shown(string text)
    {
        string shown = string.Concat(text.Where(c => c is '\n' or '\t' || !char.IsControl(c)));
        return shown.Length == 0 || shown.EndsWith('\n') ? shown : $"{shown}\n";
    }

    private static (string Role, string Content)[] Messages(string file) =>
    [
        .. JsonElement.Parse(File.ReadAllText(file)).EnumerateArray()
            .Select(message => (message.GetProperty("role").GetString()!, message.GetProperty("content").GetString()!)),
    ];

    [GeneratedRegex(@"\[prompt (\d+) tokens, (\d+) cached; answer (\d+) tokens, [0-9.]+ tok/s")]
    private static partial Regex Report();
}
