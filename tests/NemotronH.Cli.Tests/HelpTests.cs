using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class HelpTests
{
    [Theory]
    [InlineData("generate", "PROMPT", "--prompt-ids --max-tokens --temperature --top-p --top-k --min-p --repetition-penalty --seed --stop "
        + "--ignore-eos --model --device --dtype --json --max-context --max-sequences --kv-cache-dtype --nvfp4 --no-cuda-graph --prefill-chunk "
        + "--fast-prefill --resident-experts --packed-rows --load-readers --hf-time-step-clamp --verbose --help")]
    [InlineData("chat", "", "--system --no-think --max-tokens --temperature --top-p --top-k --min-p --repetition-penalty --seed --stop --ignore-eos --model "
        + "--device --dtype --max-context --max-sequences --kv-cache-dtype --nvfp4 --no-cuda-graph --prefill-chunk --fast-prefill --resident-experts --packed-rows --load-readers --hf-time-step-clamp --verbose --help")]
    [InlineData("logits", "", "--ids --out --decode-from --model --device --dtype --json --max-context --max-sequences "
        + "--kv-cache-dtype --nvfp4 --no-cuda-graph --prefill-chunk --fast-prefill --resident-experts --packed-rows --load-readers --hf-time-step-clamp --verbose --help")]
    [InlineData("tokenize", "TEXT", "--file --no-special --model --json --verbose --help")]
    [InlineData("render", "", "--request --model --json --verbose --help")]
    [InlineData("inspect", "", "--model --json --verbose --help")]
    [InlineData("random", "", "--config --precision --out --seed --max-shard-size --json --verbose --help")]
    [InlineData("quantize", "", "--model --out --format --recipe --exclude --four-over-six --scale-search --max-shard-size --json --verbose --help")]
    [InlineData("bench", "", "--config --random-weights --precision --model --layers --batch --context --generate --prompt --prefill-chunk --fast-prefill --resident-experts --packed-rows --repeat "
        + "--temperature --nvfp4 --no-cuda-graph --compare-eager --profile --device --dtype --kv-cache-dtype --json --out --verbose --help")]
    [InlineData("pull", "NAME", "--revision --parallel --verify --json --verbose --help")]
    [InlineData("serve", "", "--host --port --served-model-name --api-key --api-key-file --allowed-host --allowed-origin --open-metrics --queue-limit "
        + "--prefix-cache --max-answer-tokens --max-request-size --drain-seconds --log-format --log-text --model --device --dtype --max-context "
        + "--max-sequences --kv-cache-dtype --nvfp4 --no-cuda-graph --prefill-chunk --fast-prefill --resident-experts --packed-rows --load-readers --hf-time-step-clamp --verbose --help")]
    [InlineData("doctor", "", "--json --verbose --help")]
    public async Task Help_of_a_command_names_every_option_and_gives_examples(string command, string argument, string options)
    {
        string help = (await CommandLine.RunAsync(command, "--help")).Succeeded().Output;

        string[] lines = [.. help.Split('\n').Select(line => line.TrimStart())];
        string[] listed = [.. lines.Where(line => line.StartsWith('-')).Select(line => line.Split(' ')[line.StartsWith("-h,") ? 1 : 0])];
        Assert.Equal(options.Split(' ').Order(), listed.Order());
        Assert.Contains($"nemotronh {command} ", help);
        Assert.Contains(argument, help);
        Assert.True(lines.SkipWhile(line => line != "Examples:").Count(line => line.Contains($"nemotronh {command}")) >= 2, help);
        Assert.All(lines.Where(line => line.StartsWith('-')), line => Assert.Matches(@"\S {2,}\S", line));
    }

    [Fact]
    public async Task Root_help_lists_the_commands_and_one_to_try_first()
    {
        string help = (await CommandLine.RunAsync("--help")).Succeeded().Output;

        var commands = help.Split('\n').SkipWhile(line => line != "Commands:").Skip(1).TakeWhile(line => line.Length > 0);
        Assert.Equal(
            ["generate", "chat", "logits", "tokenize", "render", "inspect", "random", "quantize", "eval", "serve", "bench", "pull", "doctor"],
            commands.Select(line => line.Split(' ')[2]));
        Assert.Contains("Examples:\n  nemotronh generate \"", help);
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("generate --bogus 4 --help")]
    [InlineData("logits --help")]
    public async Task Help_is_given_however_wrong_the_rest_is(string arguments)
    {
        string help = (await CommandLine.RunAsync(arguments.Split(' '))).Succeeded().Output;

        Assert.StartsWith("Description:", help);
    }

    [Theory]
    [InlineData("speak --help", "unknown command 'speak' (see 'nemotronh --help')")]
    [InlineData("--help speak", "unknown command 'speak' (see 'nemotronh --help')")]
    [InlineData("eval speed --help", "unknown command 'speed' (see 'nemotronh eval --help')")]
    public async Task A_command_that_is_not_there_has_no_help(string arguments, string message) =>
        Assert.Equal(message, (await CommandLine.RunAsync(arguments.Split(' '))).FailedWith(2));

    [Fact]
    public async Task Version_is_printed_alone()
    {
        string version = (await CommandLine.RunAsync("--version")).Succeeded().Output;

        Assert.Matches(@"^\d+\.\d+\.\d+\n$", version);
    }
}
