using System.Text.Json;
using NemotronH.Cli.Tests.Support;

namespace NemotronH.Cli.Tests;

public sealed class BenchTests : IDisposable
{
    private static readonly string[] Short = ["--device", "cpu", "--context", "16", "--generate", "2", "--repeat", "2"];

    private readonly TemporaryDirectory _directory = new();

    public BenchTests() => _directory.Write("shape/config.json", TestModel.Config().ToJsonString());

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Random_weights_are_measured_and_printed_as_tables()
    {
        string output = (await RunRandomAsync("--batch", "1,4", "--prompt", "8,16", "--precision", "nvfp4")).Succeeded().Output;

        string[] lines = output.Split('\n');
        Assert.StartsWith("model   shape, 5 layers, ", lines[0]);
        Assert.StartsWith("weights NVFP4 linear layers and experts, ", lines[1]);
        Assert.Contains(lines, line => line.StartsWith("nvfp4 ") && line.Contains("tok/s") && line.Contains("GB/step"));
        Assert.Equal(2, lines.Count(line => line.StartsWith("dequantize  modules ")));
        Assert.Contains(lines, line => line.StartsWith("bytes: each weight read once; distinct experts"));
        Assert.Equal(2, lines.Count(line => line.StartsWith("dequantize   ") && line.Contains('%')));
    }

    [Fact]
    public async Task Checkpoint_is_measured_and_written_as_JSON_to_stdout_and_to_a_file()
    {
        string model = TestModel.Write(_directory);
        CommandResult result = await CommandLine.RunAsync(["bench", "--model", model, "--batch", "2", .. Short, "--json", "--out", _directory["bench.json"]]);

        JsonElement report = result.Succeeded().Json();
        Assert.Equal(result.Output, await File.ReadAllTextAsync(_directory["bench.json"], TestContext.Current.CancellationToken));
        Assert.Equal(JsonValueKind.Null, report.GetProperty("layout").ValueKind);
        JsonElement decode = Assert.Single(report.GetProperty("decode").EnumerateArray());
        string[] fields =
        [
            "method", "launch", "batch", "context", "step", "of_graph", "host_microseconds", "traffic", "bytes", "stream_fraction", "expected_experts",
            "measured_experts", "tokens_per_second",
        ];
        Assert.Equal(fields, decode.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("dequantize", "modules"), (decode.GetProperty("method").GetString(), decode.GetProperty("launch").GetString()));
        Assert.True(report.GetProperty("load_seconds").GetProperty("dequantize").GetDouble() > 0);
        Assert.Equal(2, decode.GetProperty("batch").GetInt32());
        Assert.Equal(3, decode.GetProperty("expected_experts").GetDouble(), 9); // 4 · (1 − (1 − 2/4)²)
        Assert.True(report.GetProperty("stream_bytes_per_second").GetDouble() > 0);
        Assert.Equal(0, report.GetProperty("prefill").GetArrayLength());
    }

    [Fact]
    public async Task Prompts_alone_measure_no_decoding()
    {
        JsonElement report = (await RunRandomAsync("--prompt", "8", "--json")).Succeeded().Json();

        Assert.Equal(0, report.GetProperty("decode").GetArrayLength());
        JsonElement prefill = Assert.Single(report.GetProperty("prefill").EnumerateArray());
        Assert.Equal(8, prefill.GetProperty("prompt").GetInt32());
        Assert.Equal(["method", "prompt", "chunk", "time", "operations", "matmul_fraction", "tokens_per_second"], prefill.EnumerateObject().Select(field => field.Name));
        double seconds = prefill.GetProperty("time").GetProperty("median").GetDouble() / 1000, rate = report.GetProperty("matmul_operations_per_second").GetDouble();
        Assert.Equal(prefill.GetProperty("operations").GetDouble() / seconds / rate, prefill.GetProperty("matmul_fraction").GetDouble(), 1e-9);
    }

    [Fact]
    public async Task Prompts_of_the_tiny_model_are_measured_with_each_number_of_tokens_a_pass_that_differs()
    {
        string[] arguments = ["bench", "--prompt", "16,300", "--prefill-chunk", "100,512,1000", "--device", "cpu", "--repeat", "2"];
        string[] lines = (await CommandLine.RunAsync(arguments)).Succeeded().Output.Split('\n');

        string[][] rows = [.. lines.Where(line => line.StartsWith("dequantize", StringComparison.Ordinal)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        Assert.Equal([("16", "16"), ("300", "100"), ("300", "300")], rows.Select(row => (row[1], row[2])));
        Assert.Contains(lines, line => line.StartsWith("a large matrix product runs at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Too_many_layers_end_with_1() => Assert.Equal(
        "there are no 6 layers to run; the model has 5, expected 1 to 5", (await RunRandomAsync("--layers", "6")).FailedWith(1));

    [Fact]
    public async Task Context_that_fits_no_memory_ends_with_1_and_names_it() => Assert.StartsWith(
        "caches for 1000 sequences of 1000000002 tokens are more than can be addressed: take fewer sequences (--batch)", (await RunRandomAsync("--batch", "1000", "--context", "1000000000")).FailedWith(1));

    [Fact]
    public async Task Method_that_needs_a_GPU_ends_with_1_on_the_CPU() => Assert.Equal(
        "NVFP4 weights cannot be applied by fused kernels in Float32 on cpu; expected BFloat16 on cuda",
        (await RunRandomAsync("--nvfp4", "dequantize,fused")).FailedWith(1));

    [Fact]
    public async Task Kernels_to_profile_are_a_GPUs() => Assert.Equal(
        "kernels cannot be profiled in Float32 on cpu; expected BFloat16 on cuda, and keys and values in 16 bits or less",
        (await RunRandomAsync("--profile")).FailedWith(1));

    [Fact]
    public async Task File_that_cannot_be_written_is_refused_before_anything_is_measured()
    {
        string message = (await RunRandomAsync("--out", _directory["none/bench.json"])).FailedWith(1);

        Assert.Equal($"{_directory["none/bench.json"]}: its directory does not exist", message);
    }

    [Theory]
    [InlineData("--config c", "--config is given without --random-weights")]
    [InlineData("--random-weights", "--random-weights is given without --config")]
    [InlineData("--random-weights --config c --model m", "--model is given beside --random-weights")]
    [InlineData("--precision fp8", "--precision is for random weights")]
    [InlineData("--no-cuda-graph --compare-eager", "both --no-cuda-graph and --compare-eager are given")]
    [InlineData("--batch 1,0", "--batch: '0' is not a whole number from 1 on; expected one, or several with commas between them")]
    [InlineData("--batch 1,,2", "--batch: '' is not a whole number")]
    [InlineData("--prompt many", "--prompt: 'many' is not a whole number")]
    [InlineData("--nvfp4 dequantize,emulate", "--nvfp4: 'emulate' is not one of dequantize")]
    [InlineData("--temperature -1", "--temperature: '-1' is not a number from 0 on")]
    public async Task Misuse_ends_with_2_and_one_line_that_names_it(string arguments, string message)
    {
        string line = (await CommandLine.RunAsync(["bench", .. arguments.Split(' ')])).FailedWith(2);

        Assert.StartsWith(message, line);
        Assert.EndsWith("(see 'nemotronh bench --help')", line);
    }

    private Task<CommandResult> RunRandomAsync(params string[] more) =>
        CommandLine.RunAsync(["bench", "--config", _directory["shape"], "--random-weights", .. Short.Where((_, i) => !more.Contains(Short[i - (i % 2)])), .. more]);
}
