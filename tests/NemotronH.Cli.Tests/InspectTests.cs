using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class InspectTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("nemotron-3-nano-30b-a3b", "31.58 B", "23 Mamba-2, 6 attention, 23 mixture of experts", "46.00 MiB", 6144)]
    [InlineData("nemotron-3-super-120b-a12b", "120.67 B", "40 Mamba-2, 8 attention, 40 mixture of experts", "160.00 MiB", 8192)]
    [InlineData("nemotron-3-ultra-550b-a55b", "549.3", "48 Mamba-2, 12 attention, 48 mixture of experts", "384.00 MiB", 12288)]
    [InlineData("nemotron-h-8b", "8.1", "24 Mamba-2, 4 attention, 24 MLP", "96.00 MiB", 16384)]
    public async Task Published_figures_of_known_models_are_told_without_weights(
        string name, string parameters, string layers, string state, int keyValues)
    {
        string report = (await CommandLine.RunAsync("inspect", "--model", name)).Succeeded().Output;

        Assert.Matches($@"(?m)^parameters +{parameters.Replace(".", "\\.", StringComparison.Ordinal)}", report);
        Assert.Contains(layers, report);
        Assert.Contains($"{state} SSM state", report);
        Assert.Contains($"{keyValues} B KV cache per token", report);
        Assert.Matches("(?m)^weights on disk +none$", report);
    }

    [Fact]
    public async Task Json_has_the_same_figures_as_numbers()
    {
        JsonElement report = (await CommandLine.RunAsync("inspect", "--model", "nemotron-3-nano-30b-a3b", "--json")).Succeeded().Json();

        Assert.Equal(31_577_940_288, report.GetProperty("parameters").GetProperty("total").GetInt64());
        Assert.Equal(52, report.GetProperty("layers").GetArrayLength());
        Assert.Equal("moe", report.GetProperty("layers")[1].GetString());
        Assert.Equal("MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME", report.GetProperty("pattern").GetString());
        Assert.Equal(46L << 20, report.GetProperty("sequence").GetProperty("ssm_state").GetInt64());
        Assert.Equal(6144, report.GetProperty("sequence").GetProperty("kv_per_token").GetInt64());
        Assert.Equal(JsonValueKind.Null, report.GetProperty("checkpoint").ValueKind);
        JsonElement tensor = report.GetProperty("tensors").EnumerateArray().Single(
            tensor => tensor.GetProperty("name").GetString() == "backbone.layers.*.mixer.experts.*.up_proj.weight");
        Assert.Equal(23 * 128, tensor.GetProperty("count").GetInt32());
        Assert.Equal([1856, 2688], tensor.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
        long summed = report.GetProperty("tensors").EnumerateArray().Sum(tensor => tensor.GetProperty("parameters").GetInt64());
        Assert.Equal(31_577_940_288, summed);
    }

    [Fact]
    public async Task Weights_tokenizer_and_parts_set_aside_are_told_of_a_checkpoint()
    {
        string model = TestModel.Write(_directory, tokenizer: true);
        string file = Path.Join(model, "model.safetensors");
        var content = SafetensorsBytes.Read(file);
        content.Add("mtp.layers.0.norm.weight");
        content.Write(file);

        JsonElement report = (await CommandLine.RunAsync("inspect", "--model", model, "--json")).Succeeded().Json();
        string text = (await CommandLine.RunAsync("inspect", "--model", model)).Succeeded().Output;

        JsonElement checkpoint = report.GetProperty("checkpoint");
        Assert.Equal(content.Data.Length - 4, checkpoint.GetProperty("bytes").GetInt64());
        Assert.Equal(content.Header.Count(entry => entry.Key != "__metadata__") - 1, checkpoint.GetProperty("tensors").GetInt32());
        Assert.Equal("""[{"part":"multi-token prediction","tensors":1,"bytes":4}]""", checkpoint.GetProperty("set_aside").GetRawText());
        Assert.Equal(
            """{"vocab_size":258,"bos_token_id":null,"eos_token_id":null,"special_tokens":2}""",
            report.GetProperty("tokenizer").GetRawText());
        Assert.Matches(@"(?m)^\*\.mixer\.experts\.\*\.up_proj +bfloat16 +1 x 4 +16\.00 KiB$", text);
        Assert.Matches(@"(?m)^\*\.mixer\.gate +float32 ", text);
        Assert.Contains("set aside: 1 multi-token prediction tensors, 4 B", text);
    }

    [Fact]
    public async Task Precision_is_told_module_by_module_where_it_differs()
    {
        string model = TestModel.Write(_directory);
        string file = Path.Join(model, "model.safetensors");
        var content = SafetensorsBytes.Read(file);
        Pack(content, "backbone.layers.1.mixer.experts.2.up_proj");
        content.Write(file);

        JsonElement report = (await CommandLine.RunAsync("inspect", "--model", model, "--json")).Succeeded().Json();

        var experts = report.GetProperty("checkpoint").GetProperty("modules").EnumerateArray()
            .Where(module => module.GetProperty("name").GetString() == "backbone.layers.*.mixer.experts.*.up_proj")
            .Select(module => $"{module.GetProperty("count")} {module.GetProperty("precision")} in {module.GetProperty("layers")}");
        Assert.Equal(["1 nvfp4 in [1]", "3 bfloat16 in [1]"], experts.Order());
    }

    [Fact]
    public async Task Output_has_no_escape_sequences_and_no_blanks_at_line_ends()
    {
        string text = (await CommandLine.RunAsync("inspect", "--model", "nemotron-3-nano-4b")).Succeeded().Output;

        Assert.DoesNotContain('\e', text);
        Assert.DoesNotMatch("(?m) $", text);
    }

    /// <summary>Relabels a bfloat16 matrix as 4-bit codes beside an 8-bit and a 32-bit scale: the names and dtypes of NVFP4.</summary>
    private static void Pack(SafetensorsBytes content, string module)
    {
        JsonNode weight = content.Header[$"{module}.weight"]!;
        (int begin, int end) = ((int)weight["data_offsets"]![0]!, (int)weight["data_offsets"]![1]!);
        int middle = begin + ((end - begin) / 2);
        content.Header[$"{module}.weight"] = Describe("U8", begin, middle);
        content.Header[$"{module}.weight_scale"] = Describe("F8_E4M3", middle, end);
        content.Add($"{module}.weight_scale_2");
    }

    private static JsonObject Describe(string dtype, int begin, int end) =>
        new() { ["dtype"] = dtype, ["shape"] = new JsonArray(end - begin), ["data_offsets"] = new JsonArray(begin, end) };
}
