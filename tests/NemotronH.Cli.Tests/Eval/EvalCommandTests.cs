using System.Text.Json;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests.Eval;

public sealed class EvalCommandTests : IDisposable
{
    private readonly EvalModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task Perplexity_is_printed_as_a_table_and_as_json()
    {
        string[] options = ["--data", _model.Text(), "--window", "32", "--stride", "16"];
        string table = (await _model.RunAsync("perplexity", options)).Succeeded().Output;
        JsonElement json = (await _model.RunAsync("perplexity", [.. options, "--json"])).Succeeded().Json();

        string[] lines = table.TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.Equal(lines[0].Length, line.Length));
        Assert.Matches(@"^\| Tasks +\| Filter \| n-shot \| Metric +\| +\| +Value \| +\| +Stderr \|$", lines[0]);
        Assert.Contains($" {json.GetProperty("perplexity").GetDouble():0.0000} | ±  ", lines[2]);
        Assert.Equal("perplexity", json.GetProperty("task").GetString());
        Assert.Equal(Math.Exp(json.GetProperty("nll").GetDouble()), json.GetProperty("perplexity").GetDouble(), 1e-9);
        Assert.Equal(json.GetProperty("text_tokens").GetInt32() - 1, json.GetProperty("tokens").GetInt32());
    }

    [Fact]
    public async Task Window_is_no_longer_than_the_models_context()
    {
        JsonElement json = (await _model.RunAsync("perplexity", "--data", _model.Text(), "--json")).Succeeded().Json();
        Assert.Equal(TestModel.MaxContext, json.GetProperty("run").GetProperty("window").GetInt32());
        Assert.Equal(TestModel.MaxContext / 2, json.GetProperty("run").GetProperty("stride").GetInt32());
    }

    [Fact]
    public async Task A_model_compared_with_itself_does_not_differ()
    {
        JsonElement json = (await _model.RunAsync("kl", "--data", _model.Text(), "--reference", _model.Model, "--limit", "3", "--json")).Succeeded().Json();
        Assert.Equal(3, json.GetProperty("items").GetInt32());
        Assert.Equal(0, json.GetProperty("kl_mean").GetDouble());
        Assert.Equal(0, json.GetProperty("kl_p99").GetDouble());
        Assert.Equal(1, json.GetProperty("top1_agreement").GetDouble());
        Assert.Equal(1, json.GetProperty("perplexity_ratio").GetDouble());
    }

    [Theory]
    [InlineData("--fewshot 1", 5)]
    [InlineData("--chat", 6)]
    [InlineData("--chat --thinking on --temperature 0.7 --top-p 0.9 --seed 3", 6)]
    public async Task Gsm8k_is_scored_by_both_filters(string options, int items)
    {
        JsonElement json = (await _model.RunAsync(
            $"gsm8k {options}", "--data", _model.Problems(), "--max-tokens", "6", "--max-context", "400", "--json")).Succeeded().Json();
        Assert.Equal(items, json.GetProperty("items").GetInt32());
        Assert.InRange(json.GetProperty("strict_match").GetDouble(), 0, 1);
        Assert.InRange(json.GetProperty("flexible_extract_stderr").GetDouble(), 0, 1);
    }

    [Fact]
    public async Task Mmlu_is_scored_by_subject_and_category()
    {
        string[] options = ["--data", _model.Questions(), "--fewshot", "1", "--max-context", "1000", "--batch", "2"];
        string table = (await _model.RunAsync("mmlu", options)).Succeeded().Output;
        Assert.Equal(
            ["Tasks", "--", "mmlu", " - stem", "  - anatomy", " - other", "  - marketing"],
            table.TrimEnd('\n').Split('\n').Select(line => line.Split('|')[1].TrimEnd()[1..].Replace("-------------", "-").TrimEnd('-') is { Length: > 0 } name ? name : "--"));
        JsonElement json = (await _model.RunAsync("mmlu", [.. options, "--json"])).Succeeded().Json();
        Assert.Equal(4, json.GetProperty("items").GetInt32());
        Assert.Equal(["anatomy", "marketing"], json.GetProperty("subjects").EnumerateArray().Select(subject => subject.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Files_hold_the_result_and_nothing_else_is_left()
    {
        string output = _model.Directory["result.json"];
        string printed = (await _model.RunAsync("perplexity", "--data", _model.Text(), "--out", output, "--report", _model.Directory["report.html"], "--json"))
            .Succeeded().Output;
        string saved = await File.ReadAllTextAsync(output, TestContext.Current.CancellationToken);
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(printed).RootElement, JsonDocument.Parse(saved).RootElement));
        Assert.Equal(["model", "report.html", "result.json", "result.json.state.jsonl", "shape", "text.txt"], _model.Directory.Contents());
    }

    [Fact]
    public async Task A_finished_run_is_not_run_again()
    {
        string[] options = ["--data", _model.Text(), "--out", _model.Directory["result.json"]];
        (await _model.RunAsync("perplexity", options)).Succeeded();
        byte[] result = await File.ReadAllBytesAsync(_model.Directory["result.json"], TestContext.Current.CancellationToken);
        CommandResult again = await _model.RunAsync("perplexity", options);
        Assert.Equal(0, again.ExitCode);
        Assert.Matches(@"^.*result\.json\.state\.jsonl: (\d+) of \1 items are done already\n$", again.Error);
        Assert.Equal(result, await File.ReadAllBytesAsync(_model.Directory["result.json"], TestContext.Current.CancellationToken));
        (await _model.RunAsync("perplexity", [.. options, "--restart"])).Succeeded();
    }

    [Fact]
    public async Task Another_runs_state_is_refused_by_name()
    {
        string[] options = ["--data", _model.Text(), "--out", _model.Directory["result.json"]];
        (await _model.RunAsync("perplexity", options)).Succeeded();
        string message = (await _model.RunAsync("perplexity", [.. options, "--batch", "3"])).FailedWith(1);
        Assert.Equal(
            $"{_model.Directory["result.json"]}.state.jsonl: holds the records of another run: batch '8', here '3'; begin anew (--restart), or keep this run's state elsewhere (--state)",
            message);
        Assert.Contains("window '64', here '32'", (await _model.RunAsync("perplexity", [.. options, "--window", "32"])).FailedWith(1));
    }

    [Theory]
    [InlineData("perplexity", "Option '--data' is required")]
    [InlineData("kl --data x", "Option '--reference' is required")]
    [InlineData("gsm8k --data x --thinking maybe", "--thinking: 'maybe' is not one of on, off")]
    [InlineData("mmlu --data x --batch 0", "--batch: '0' is not a whole number from 1 to 2147483647")]
    [InlineData("perplexity --data x --window 1", "--window: '1' is not a whole number from 2 to 2147483647")]
    [InlineData("hellaswag", "unknown command 'hellaswag'")]
    public async Task Wrong_usage_is_told(string arguments, string expected) =>
        Assert.StartsWith(expected, (await CommandLine.RunAsync(["eval", .. arguments.Split(' ')])).FailedWith(2));

    [Theory]
    [InlineData("perplexity --data nowhere.txt", "nowhere.txt: no such file")]
    [InlineData("gsm8k --data nowhere.jsonl", "nowhere.jsonl: no such file")]
    [InlineData("mmlu --data nowhere", "nowhere: no such file or folder; expected a folder with test/SUBJECT_test.csv or test-*.parquet, or a parquet file")]
    [InlineData("perplexity --data x --out nowhere/result.json", "nowhere/result.json: its directory does not exist")]
    [InlineData("perplexity --data x --report /", "/: is a directory, expected a file")]
    [InlineData("gsm8k --data x --thinking on", "thinking is on without chat; only the chat form can think")]
    public async Task Bad_input_is_one_line(string arguments, string expected) =>
        Assert.Equal(expected, (await _model.RunAsync(arguments)).FailedWith(1));

    [Fact]
    public async Task A_model_without_a_tokenizer_is_told()
    {
        File.Delete(Path.Join(_model.Model, "tokenizer.json"));
        Assert.Equal($"{_model.Model} has no tokenizer.json.", (await _model.RunAsync("perplexity", "--data", _model.Text())).FailedWith(1));
    }

    [Fact]
    public async Task A_model_without_a_chat_template_is_asked_in_a_known_markup_and_that_is_said()
    {
        File.Delete(Path.Join(_model.Model, "chat_template.jinja"));
        CommandResult result = await _model.RunAsync(
            "gsm8k", "--chat", "--data", _model.Problems(), "--max-tokens", "4", "--max-context", "400", "--json");
        Assert.Equal($"note: {_model.Model} has no chat template; the problems are asked in the markup of Nemotron 3\n", result.Error);
        Assert.Equal("none; the markup of Nemotron 3 instead", result.Json().GetProperty("run").GetProperty("chat_template").GetString());
    }

    [Theory]
    [InlineData("auto", "float32")]
    [InlineData("bf16", "bfloat16")]
    [InlineData("fp8", "float8_e4m3")]
    public async Task Type_of_cached_keys_and_values_is_part_of_the_run(string option, string name)
    {
        JsonElement json = (await _model.RunAsync(
            "perplexity", "--data", _model.Text(), "--kv-cache-dtype", option, "--json")).Succeeded().Json();
        Assert.Equal(name, json.GetProperty("run").GetProperty("model_kv_cache_dtype").GetString());
    }

    [Fact]
    public async Task Prompts_longer_than_the_context_are_told_and_leave_nothing()
    {
        string output = _model.Directory["result.json"];
        string message = (await _model.RunAsync("gsm8k", "--data", _model.Problems(), "--out", output)).FailedWith(1);
        Assert.Matches(@"^the longest prompt takes \d+ tokens; the model's context holds 64$", message);
        Assert.DoesNotContain(_model.Directory.Contents(), name => name.StartsWith("result", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("perplexity", "--data --window --stride --max-tokens")]
    [InlineData("kl", "--data --reference --window --stride --max-tokens")]
    [InlineData("gsm8k", "--data --fewshot --fewshot-data --chat --thinking --max-tokens --temperature --top-p")]
    [InlineData("mmlu", "--data --fewshot --fewshot-data")]
    public async Task Help_names_every_option_and_gives_examples(string benchmark, string own)
    {
        string help = (await CommandLine.RunAsync("eval", benchmark, "--help")).Succeeded().Output;
        string[] lines = [.. help.Split('\n').Select(line => line.TrimStart())];
        string[] listed = [.. lines.Where(line => line.StartsWith('-')).Select(line => line.Split(' ')[line.StartsWith("-h,", StringComparison.Ordinal) ? 1 : 0])];
        string shared = "--limit --seed --batch --model --device --dtype --kv-cache-dtype --nvfp4 --no-cuda-graph --max-context --max-sequences --prefill-chunk "
            + "--fast-prefill --resident-experts --packed-rows --load-readers --hf-time-step-clamp --out --report --state --restart --json --verbose --help";
        Assert.Equal($"{own} {shared}".Split(' ').Order(), listed.Order());
        Assert.True(lines.SkipWhile(line => line != "Examples:").Count(line => line.Contains($"nemotronh eval {benchmark}")) >= 2, help);
    }
}
