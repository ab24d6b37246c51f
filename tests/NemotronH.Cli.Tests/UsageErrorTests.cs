using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class UsageErrorTests
{
    [Theory]
    [InlineData("", "Required command was not provided", "nemotronh")]
    [InlineData("speak", "unknown command 'speak'", "nemotronh")]
    [InlineData("--modle tiny generate", "unknown option '--modle'", "nemotronh generate")]
    [InlineData("generate --temprature 0.5", "unknown option '--temprature'; text that begins with a dash goes", "nemotronh generate")]
    [InlineData("generate hello --jsn", "unknown option '--jsn'", "nemotronh generate")]
    [InlineData("generate hello world", "unexpected argument 'world'", "nemotronh generate")]
    [InlineData("generate hello --prompt-ids 1", "both PROMPT and --prompt-ids are given", "nemotronh generate")]
    [InlineData("generate --prompt-ids 1,x,3", "--prompt-ids: 'x' is not a token id", "nemotronh generate")]
    [InlineData("generate --prompt-ids 1,,3", "--prompt-ids: '' is not a token id", "nemotronh generate")]
    [InlineData("generate --prompt-ids", "Required argument missing for option: '--prompt-ids'", "nemotronh generate")]
    [InlineData("generate a --max-tokens many", "--max-tokens: 'many' is not a whole number", "nemotronh generate")]
    [InlineData("generate a --max-tokens -1", "--max-tokens: '-1' is not a whole number from 0", "nemotronh generate")]
    [InlineData("generate a --temperature -0.1", "--temperature: '-0.1' is not a number from 0 on", "nemotronh generate")]
    [InlineData("generate a --temperature NaN", "--temperature: 'NaN' is not a number from 0 on", "nemotronh generate")]
    [InlineData("generate a --top-p 0", "--top-p: '0' is not a number above 0 and at most 1", "nemotronh generate")]
    [InlineData("generate a --top-k 1.5", "--top-k: '1.5' is not a whole number", "nemotronh generate")]
    [InlineData("generate a --min-p 2", "--min-p: '2' is not a number from 0 to 1", "nemotronh generate")]
    [InlineData("generate a --repetition-penalty 0", "--repetition-penalty: '0' is not a number above 0", "nemotronh generate")]
    [InlineData("generate a --seed 18446744073709551616", "--seed: '18446744073709551616' is not a 64-bit", "nemotronh generate")]
    [InlineData("generate a --seed 1 --seed 2", "Option '--seed' expects a single argument but 2 were provided", "nemotronh generate")]
    [InlineData("generate a --device gpu", "--device: 'gpu' is not a device; expected cpu, cuda or cuda:N", "nemotronh generate")]
    [InlineData("generate a --device cuda:", "--device: 'cuda:' is not a device", "nemotronh generate")]
    [InlineData("generate a --dtype int8", "--dtype: 'int8' is not one of float32, bfloat16", "nemotronh generate")]
    [InlineData("generate a --kv-cache-dtype float64", "--kv-cache-dtype: 'float64' is not one of auto, bf16, bfloat16, fp8, f32, float32", "nemotronh generate")]
    [InlineData("generate a --max-context 0", "--max-context: '0' is not a whole number from 1", "nemotronh generate")]
    [InlineData("generate a --max-sequences 0", "--max-sequences: '0' is not a whole number from 1", "nemotronh generate")]
    [InlineData("generate a --prefill-chunk 0", "--prefill-chunk: '0' is not a whole number from 1", "nemotronh generate")]
    [InlineData("logits --out f", "Option '--ids' is required", "nemotronh logits")]
    [InlineData("logits --ids 1", "Option '--out' is required", "nemotronh logits")]
    [InlineData("logits --ids 1,two --out f", "--ids: 'two' is not a token id", "nemotronh logits")]
    [InlineData("logits --ids 1 --out f --decode-from -1", "--decode-from: '-1' is not a whole number from 0", "nemotronh logits")]
    [InlineData("tokenize a --file f", "both TEXT and --file are given", "nemotronh tokenize")]
    [InlineData("random --config c --out o", "Option '--precision' is required", "nemotronh random")]
    [InlineData("random --config c --out o --precision int4", "--precision: 'int4' is not one of bfloat16, nvfp4, fp8, official", "nemotronh random")]
    [InlineData("random --config c --out o --precision bfloat16 --seed -1", "--seed: '-1' is not a whole number", "nemotronh random")]
    [InlineData("random --config c --out o --precision bfloat16 --max-shard-size 5X", "--max-shard-size: '5X' is not", "nemotronh random")]
    [InlineData("quantize --format nvfp4", "Option '--out' is required", "nemotronh quantize")]
    [InlineData("quantize --out o", "there is neither --format nor --recipe; expected one of them", "nemotronh quantize")]
    [InlineData("quantize --out o --format fp8 --recipe nano", "both --format and --recipe are given", "nemotronh quantize")]
    [InlineData("quantize --out o --format int4", "--format: 'int4' is not one of nvfp4, fp8", "nemotronh quantize")]
    [InlineData("quantize --out o --format fp8 --four-over-six", "--four-over-six is for NVFP4", "nemotronh quantize")]
    [InlineData("quantize --out o --format fp8 --scale-search mse", "--scale-search is for NVFP4", "nemotronh quantize")]
    [InlineData("quantize --out o --format nvfp4 --scale-search amax", "--scale-search: 'amax' is not 'mse'", "nemotronh quantize")]
    [InlineData("quantize --out o --format nvfp4 --exclude", "Required argument missing for option: '--exclude'", "nemotronh quantize")]
    public async Task Misuse_ends_with_2_and_one_line_that_names_it(string arguments, string message, string command)
    {
        CommandResult result = await CommandLine.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        string line = result.FailedWith(2);
        Assert.StartsWith(message, line);
        Assert.EndsWith($"(see '{command} --help')", line);
    }

    [Theory]
    [InlineData("generate")]
    [InlineData("tokenize")]
    public async Task Nothing_is_waited_for_on_a_terminal(string command)
    {
        CommandResult result = await CommandLine.RunAsync([command], isTerminal: true);

        Assert.Matches("^there is no (prompt|text); give one as an argument", result.FailedWith(2));
    }

    [Fact]
    public async Task Empty_stop_string_is_refused()
    {
        CommandResult result = await CommandLine.RunAsync("generate", "a", "--stop", "");

        Assert.StartsWith("--stop: '' is not", result.FailedWith(2));
    }

    [Fact]
    public async Task Prompts_may_look_like_anything_behind_two_dashes()
    {
        using var directory = new TemporaryDirectory();
        string model = TestModel.Write(directory, tokenizer: true);

        foreach (string prompt in new[] { "--json", "-x", "@file", "[directive]", "/h" })
        {
            CommandResult result = await CommandLine.RunAsync("generate", "--model", model, "--max-tokens", "1", "--json", "--", prompt);
            Assert.Equal(1 + prompt.Length, result.Succeeded().Json().GetProperty("prompt_ids").GetArrayLength());
        }
    }

    [Theory]
    [InlineData("- a list item")]
    [InlineData("-5")]
    [InlineData("@file")]
    [InlineData("/h")]
    [InlineData("true")]
    public async Task Prompts_that_cannot_be_options_need_no_dashes(string prompt)
    {
        using var directory = new TemporaryDirectory();
        string model = TestModel.Write(directory, tokenizer: true);

        CommandResult result = await CommandLine.RunAsync("generate", "--model", model, "--max-tokens", "1", "--json", prompt);

        Assert.Equal(1 + prompt.Length, result.Succeeded().Json().GetProperty("prompt_ids").GetArrayLength());
    }
}
