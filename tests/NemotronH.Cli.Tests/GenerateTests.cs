using System.Text.Json;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class GenerateTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Greedy_ids_are_the_argmax_of_the_logits_at_every_step()
    {
        string model = TestModel.Write(_directory);
        string[] arguments =
            ["generate", "--model", model, "--prompt-ids", "5,6,7", "--max-tokens", "12", "--temperature", "0", "--ignore-eos", "--json"];
        JsonElement generated = (await CommandLine.RunAsync(arguments)).Succeeded().Json();
        int[] ids = [.. Ids(generated, "prompt_ids"), .. Ids(generated, "output_ids")];
        string file = _directory["logits.safetensors"];
        (await CommandLine.RunAsync("logits", "--model", model, "--ids", string.Join(',', ids), "--out", file)).Succeeded();

        float[][] logits = SafetensorsBytes.Read(file).Rows("logits");

        Assert.Equal(ids.Length, logits.Length);
        Assert.Equal(12, ids.Length - 3);
        for (int i = 2; i < ids.Length - 1; i++)
        {
            Assert.Equal(Array.IndexOf(logits[i], logits[i].Max()), ids[i + 1]);
        }
    }

    [Fact]
    public async Task Json_has_the_documented_fields_and_nothing_else_is_printed()
    {
        string model = TestModel.Write(_directory, tokenizer: true);

        JsonElement result = (await CommandLine.RunAsync(
            "generate", "ab", "--model", model, "--max-tokens", "4", "--ignore-eos", "--json")).Succeeded().Json();

        Assert.Equal(
            ["prompt_ids", "output_ids", "text", "finish_reason", "timings"], result.EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            ["load_ms", "prefill_tokens_per_second", "decode_tokens_per_second"],
            result.GetProperty("timings").EnumerateObject().Select(property => property.Name));
        Assert.Equal([ByteTokenizer.Bos, 'a', 'b'], Ids(result, "prompt_ids"));
        Assert.Equal(4, Ids(result, "output_ids").Length);
        Assert.Equal("length", result.GetProperty("finish_reason").GetString());
        Assert.Equal(JsonValueKind.String, result.GetProperty("text").ValueKind);
        Assert.All(result.GetProperty("timings").EnumerateObject(), timing => Assert.True(timing.Value.GetDouble() > 0));
    }

    [Fact]
    public async Task Without_a_tokenizer_text_is_null_in_json_and_ids_are_printed_otherwise()
    {
        string model = TestModel.Write(_directory);
        string[] arguments = ["generate", "--model", model, "--prompt-ids", "1,2", "--max-tokens", "5", "--ignore-eos"];

        JsonElement json = (await CommandLine.RunAsync([.. arguments, "--json"])).Succeeded().Json();
        CommandResult text = (await CommandLine.RunAsync(arguments)).Succeeded();

        Assert.Equal(JsonValueKind.Null, json.GetProperty("text").ValueKind);
        Assert.Equal(Ids(json, "output_ids"), text.Output.Trim().Split(' ').Select(int.Parse));
    }

    [Fact]
    public async Task Text_is_streamed_piece_by_piece_and_its_last_line_ends()
    {
        string model = TestModel.Write(_directory, tokenizer: true);
        string[] arguments =
            ["generate", "Once", "--model", model, "--max-tokens", "30", "--temperature", "1", "--seed", "3", "--ignore-eos"];
        string whole = (await CommandLine.RunAsync([.. arguments, "--json"])).Succeeded().Json().GetProperty("text").GetString()!;
        var output = new FlushRecorder();

        CommandResult result = await CommandLine.RunAsync(arguments, output: output);

        Assert.Equal(whole.EndsWith('\n') ? whole : whole + "\n", result.Output);
        Assert.True(output.Flushed.Count > 10, $"{output.Flushed.Count} pieces");
        Assert.Equal(whole.Length > 0, output.Flushed[0].Length < whole.Length);
    }

    [Fact]
    public async Task Prompt_is_read_from_stdin_as_it_is()
    {
        string model = TestModel.Write(_directory, tokenizer: true);

        CommandResult result = await CommandLine.RunAsync(["generate", "--model", model, "--max-tokens", "1", "--json"], stdin: "a\r\nb\n");

        Assert.Equal([ByteTokenizer.Bos, 'a', '\r', '\n', 'b', '\n'], Ids(result.Succeeded().Json(), "prompt_ids"));
    }

    [Fact]
    public async Task Same_seed_gives_the_same_ids_and_another_seed_others()
    {
        string model = TestModel.Write(_directory);

        Task<int[]> Generate(string seed) =>
            OutputIds("generate", "--model", model, "--prompt-ids", "1", "--temperature", "1", "--seed", seed, "--max-tokens", "20");

        int[] first = await Generate("9223372036854775807");
        Assert.Equal(first, await Generate("9223372036854775807"));
        Assert.NotEqual(first, await Generate("18446744073709551615"));
        Assert.NotEqual(first, await Generate("-5"));
    }

    [Fact]
    public async Task Output_ends_with_the_eos_id_and_its_text_is_left_out()
    {
        string model = TestModel.Write(_directory, tokenizer: true);
        string[] arguments = ["generate", "a", "--model", model, "--temperature", "1", "--seed", "1", "--max-tokens", "6"];
        JsonElement free = (await CommandLine.RunAsync([.. arguments, "--ignore-eos", "--json"])).Succeeded().Json();
        int eos = Ids(free, "output_ids").Distinct().Last();
        _directory.Write("model/generation_config.json", $$"""{"eos_token_id": [{{eos}}]}""");

        JsonElement ended = (await CommandLine.RunAsync([.. arguments, "--json"])).Succeeded().Json();

        int[] ids = Ids(ended, "output_ids");
        Assert.Equal(eos, ids[^1]);
        Assert.DoesNotContain(eos, ids[..^1]);
        Assert.Equal("stop", ended.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Stop_string_ends_the_text_and_is_not_part_of_it()
    {
        string model = TestModel.Write(_directory, tokenizer: true);
        string[] arguments =
            ["generate", "a", "--model", model, "--temperature", "1", "--seed", "4", "--max-tokens", "40", "--ignore-eos", "--json"];
        string free = (await CommandLine.RunAsync(arguments)).Succeeded().Json().GetProperty("text").GetString()!;
        string stop = free.First(c => char.IsAsciiLetterOrDigit(c)).ToString();

        JsonElement stopped = (await CommandLine.RunAsync([.. arguments, "--stop", "no such text", "--stop", stop])).Succeeded().Json();

        Assert.Equal(free[..free.IndexOf(stop, StringComparison.Ordinal)], stopped.GetProperty("text").GetString());
        Assert.Equal("stop", stopped.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Timings_are_told_on_stderr_only_to_a_person()
    {
        string model = TestModel.Write(_directory);
        string[] arguments = ["generate", "--model", model, "--prompt-ids", "1,2,3", "--max-tokens", "4", "--ignore-eos"];

        string quiet = (await CommandLine.RunAsync(arguments)).Error;
        string verbose = (await CommandLine.RunAsync([.. arguments, "--verbose"])).Error;
        string terminal = (await CommandLine.RunAsync(arguments, isTerminal: true)).Error;

        Assert.Equal("", quiet);
        Assert.Matches(@"^memory: weights [^\n]* GiB free\nload [0-9.]+ s; prefill 3 tokens, [0-9.]+ tok/s; decode 3 tokens, [0-9.]+ tok/s\n$", verbose);
        Assert.Contains("prefill 3 tokens", terminal);
    }

    [Fact]
    public async Task Cancellation_while_text_streams_ends_with_130()
    {
        string model = TestModel.Write(_directory);
        using var source = new CancellationTokenSource();
        var output = new FlushRecorder { AfterFlush = source.Cancel };

        CommandResult result = await CommandLine.RunAsync(
            ["generate", "--model", model, "--prompt-ids", "1", "--ignore-eos"], output: output, cancellationToken: source.Token);

        Assert.Equal(130, result.ExitCode);
        Assert.Equal("error: interrupted\n", result.Error);
        Assert.Equal(2, result.Output.Split(' ').Length);
    }

    [Fact]
    public async Task Bfloat16_and_small_prefill_chunks_run()
    {
        string model = TestModel.Write(_directory);

        string[] arguments = ["generate", "--model", model, "--prompt-ids", "1,2,3,4,5,6,7", "--max-tokens", "8", "--ignore-eos"];

        int[] whole = await OutputIds(arguments);
        int[] pieces = await OutputIds([.. arguments, "--prefill-chunk", "3"]);
        int[] half = await OutputIds([.. arguments, "--dtype", "bfloat16", "--kv-cache-dtype", "bfloat16", "--device", "cpu"]);

        Assert.Equal(whole, pieces);
        Assert.Equal(8, half.Length);
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("ROMEO:", 1)]
    [InlineData("KING:", 2)]
    [InlineData("First Citizen:", 3)]
    public async Task Default_model_writes_words(string prompt, int seed)
    {
        string text = (await CommandLine.RunAsync(
            "generate", prompt, "--max-tokens", "200", "--ignore-eos", "--seed", $"{seed}", "--device", "cpu")).Succeeded().Output;

        Assert.True(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length >= 80, text);
    }

    [Fact]
    public async Task Type_of_cached_keys_and_values_is_the_one_that_was_asked_for()
    {
        string model = TestModel.Write(_directory);
        string[] arguments =
            ["logits", "--model", model, "--device", "cpu", "--ids", string.Join(',', Enumerable.Range(1, 40)), "--prefill-chunk", "8", "--out"];
        Dictionary<string, float[]> logits = [];
        foreach (string type in new[] { "auto", "f32", "float32", "bf16", "bfloat16", "fp8" })
        {
            string file = _directory[type];
            (await CommandLine.RunAsync([.. arguments, file, "--kv-cache-dtype", type])).Succeeded();
            logits[type] = [.. SafetensorsBytes.Read(file).Rows("logits").SelectMany(row => row)];
        }

        Assert.Equal(logits["auto"], logits["f32"]);
        Assert.Equal(logits["f32"], logits["float32"]);
        Assert.Equal(logits["bf16"], logits["bfloat16"]);
        double half = Error("bf16"), eight = Error("fp8");
        Assert.True(half > 0 && eight > half, $"bf16 errs by {half}, fp8 by {eight}");

        double Error(string type) => logits[type].Zip(logits["f32"]).Average(pair => Math.Abs((double)pair.First - pair.Second));
    }

    private static int[] Ids(JsonElement result, string name) => [.. result.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];

    private static async Task<int[]> OutputIds(params string[] arguments) =>
        Ids((await CommandLine.RunAsync([.. arguments, "--json"])).Succeeded().Json(), "output_ids");
}
