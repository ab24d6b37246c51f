using System.Text.Json;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class RenderTests : IDisposable
{
    private const string Template = "{{ tools | length if tools else 'no' }}:{% for m in messages %}{{ m.content }};{% endfor %}"
        + "{{ style }}{{ bos_token }}{% if add_generation_prompt %}>{% endif %}\n\n\n";

    private readonly TemporaryDirectory _directory = new();

    public RenderTests() => _directory.Write("chat_template.jinja", Template);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_prompt_is_printed_exactly()
    {
        CommandResult result = await RunAsync("""{"messages": [{"role": "user", "content": "né \ud83d\ude00\r\n"}], "model": "any"}""");

        Assert.Equal("no:né 😀\r\n;>\n", result.Succeeded().Output);
    }

    [Fact]
    public async Task Tools_and_template_arguments_reach_the_template()
    {
        _directory.Write("tokenizer_config.json", """{"bos_token": {"content": "<s>"}}""");
        CommandResult result = await RunAsync("""
            {"messages": [], "tools": [{"name": "f"}], "chat_template_kwargs": {"style": 1.0}, "add_generation_prompt": false}
            """);

        Assert.Equal("1:1.0<s>\n", result.Succeeded().Output);
    }

    [Fact]
    public async Task Json_holds_the_prompt()
    {
        CommandResult result = await RunAsync("""{"messages": [{"content": "<a>\n"}]}""", "--json");

        Assert.Equal("no:<a>\n;>\n", JsonDocument.Parse(result.Succeeded().Output).RootElement.GetProperty("prompt").GetString());
    }

    [Fact]
    public async Task The_tiny_models_template_is_the_default()
    {
        _directory.Write("request.json", """{"messages": [{"role": "user", "content": "Who's there?"}]}""");

        CommandResult result = await CommandLine.RunAsync("render", "--request", _directory["request.json"]);

        Assert.Equal(
            "<|im_start|>system\n<|im_end|>\n<|im_start|>user\nWho's there?<|im_end|>\n<|im_start|>assistant\n<think></think>",
            result.Succeeded().Output);
    }

    [Theory]
    [InlineData("[1]", "request.json: holds no JSON object; expected a chat request")]
    [InlineData("{", "request.json: is not JSON: ")]
    [InlineData("{}", "request.json: messages: is missing; expected a list")]
    [InlineData("""{"messages": "hi"}""", "request.json: messages: is a string; expected a list")]
    [InlineData("""{"messages": [], "tools": {}}""", "request.json: tools: is an object; expected a list")]
    [InlineData("""{"messages": [], "chat_template_kwargs": 5}""", "request.json: template arguments: is 5; expected an object")]
    [InlineData("""{"messages": [], "chat_template_kwargs": {"tools": []}}""", "request.json: the template arguments hold 'tools'")]
    [InlineData("""{"messages": [], "add_generation_prompt": 1}""", "request.json: add_generation_prompt is 1; expected true or false")]
    [InlineData("""{"messages": [5]}""", null)]
    public async Task A_request_of_another_form_is_refused(string request, string? expected)
    {
        CommandResult result = await RunAsync(request);
        if (expected is null)
        {
            Assert.Equal("no:;>\n", result.Succeeded().Output);
        }
        else
        {
            Assert.Contains(expected, result.FailedWith(1));
        }
    }

    [Fact]
    public async Task A_template_that_refuses_names_its_line()
    {
        _directory.Write("chat_template.jinja", "\n{{ raise_exception('roles must\nalternate') }}");

        string message = (await RunAsync("""{"messages": []}""")).FailedWith(1);

        Assert.EndsWith("chat_template.jinja: line 2: roles must alternate", message);
    }

    [Fact]
    public async Task A_missing_request_is_a_failure_and_no_request_is_misuse()
    {
        string missing = (await CommandLine.RunAsync("render", "--request", _directory["none.json"])).FailedWith(1);

        Assert.Contains("none.json: cannot be read: ", missing);
        (await CommandLine.RunAsync("render")).FailedWith(2);
    }

    private async Task<CommandResult> RunAsync(string request, params string[] more)
    {
        _directory.Write("request.json", request);
        return await CommandLine.RunAsync(["render", "--request", _directory["request.json"], "--model", _directory.Path, .. more]);
    }
}
