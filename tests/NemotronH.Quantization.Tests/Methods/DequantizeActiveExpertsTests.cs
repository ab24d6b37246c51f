using NemotronH.Kernels.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

/// <summary>Banks of experts against the sum over a token's choices, written out, and their two ways of running against each other.</summary>
public sealed class DequantizeActiveExpertsTests : IDisposable
{
    private const string Module = "backbone.layers.1.mixer.experts";
    private const int Experts = 6;
    private const int Features = 48;
    private const int Intermediate = 32;

    private static readonly ExpertsShape Shape = new(Module, Experts, Features, Intermediate);

    private readonly StoredTensors _source = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly RandomWeights _random = new(11);

    public static TheoryData<string, string> FormatPairs => new()
    {
        { "nvfp4", "nvfp4" }, { "fp8", "fp8" }, { "nvfp4", "fp8" }, { "fp8", "nvfp4" }, { "bf16", "nvfp4" }, { "fp8", "bf16" }, { "bf16", "bf16" },
    };

    public void Dispose()
    {
        _scope.Dispose();
        _source.Dispose();
    }

    [Theory]
    [MemberData(nameof(FormatPairs))]
    public void The_chosen_experts_are_summed_in_any_mixture_of_formats(string up, string down)
    {
        (double[][,] ups, double[][,] downs) = AddBank(up, down);
        using ExpertsMethod bank = new WeightLoader(_source, new WeightOptions()).LoadExperts(Module, Experts, Features, Intermediate);
        foreach (int tokens in new[] { 1, 2, 13 })
        {
            (Tensor input, Tensor ids, Tensor weights) = Step(tokens, topK: 2);
            RandomWeights.AssertClose(Sum(input, ids, weights, ups, downs), bank.forward(input, ids, weights), 2e-6);
        }
    }

    [Theory]
    [MemberData(nameof(FormatPairs))]
    public void The_form_that_reads_nothing_on_the_host_gives_the_same(string up, string down)
    {
        AddBank(up, down);
        using ExpertsMethod bank = new WeightLoader(_source, new WeightOptions()).LoadExperts(Module, Experts, Features, Intermediate);
        foreach (long bytes in new long[] { 1, 2 * Features * Intermediate * 4, 1 << 20 })
        {
            var loader = new WeightLoader(_source, new WeightOptions { DequantizationBytes = bytes });
            using ExpertProjection stackedUp = Stacked(loader, "up_proj"), stackedDown = Stacked(loader, "down_proj");
            foreach (int tokens in new[] { 1, 2, 13 })
            {
                (Tensor input, Tensor ids, Tensor weights) = Step(tokens, topK: 2);
                Tensor expected = bank.forward(input, ids, weights);
                RandomWeights.AssertClose(
                    RandomWeights.ToDoubles(expected), ActiveExperts.Batched(input, ids, weights, stackedUp, stackedDown), 2e-6);
            }

            loader.Workspace.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(FormatPairs))]
    public void Tokens_grouped_by_expert_give_the_same(string up, string down)
    {
        (double[][,] ups, double[][,] downs) = AddBank(up, down);
        foreach (bool resident in new[] { false, true })
        {
            var options = new WeightOptions { GroupedExperts = true, ResidentExperts = resident, DequantizationBytes = 1 };
            using ExpertsMethod bank = new WeightLoader(_source, options).LoadExperts(Module, Experts, Features, Intermediate);
            foreach (int tokens in new[] { 1, 2, 3, 13, 200 })
            {
                (Tensor input, Tensor ids, Tensor weights) = Step(tokens, topK: 2);
                RandomWeights.AssertClose(Sum(input, ids, weights, ups, downs), bank.forward(input, ids, weights), 2e-6);
            }
        }
    }

    [Fact]
    public void Experts_are_grouped_on_a_GPU_in_bfloat16_with_aligned_rows()
    {
        var options = new WeightOptions { Device = new Device(DeviceType.CUDA, 0), ComputeDtype = ScalarType.BFloat16, GroupedExperts = true };

        Assert.True(options.Groups(1856, 2688));
        Assert.False(options.Groups(1852, 2688));
        Assert.False(options.Groups(1856, 2684));
        Assert.False((options with { ComputeDtype = ScalarType.Float32 }).Groups(1856, 2688));
        Assert.False((options with { GroupedExperts = false }).Groups(1856, 2688));
        Assert.True((options with { Device = CPU, ComputeDtype = ScalarType.Float32 }).Groups(3, 5));
    }

    [Fact]
    public void Grouped_tokens_of_which_all_choose_the_same_experts_leave_the_others_without_rows()
    {
        (double[][,] ups, double[][,] downs) = AddBank("nvfp4", "bf16");
        using ExpertsMethod bank = new WeightLoader(_source, new WeightOptions { GroupedExperts = true }).LoadExperts(Module, Experts, Features, Intermediate);
        (Tensor input, _, Tensor weights) = Step(40, topK: 2);
        foreach ((long first, long second) in new[] { (0L, 5L), (4L, 2L) })
        {
            Tensor ids = tensor(new[] { first, second }).unsqueeze(0).expand(40, 2).contiguous();
            RandomWeights.AssertClose(Sum(input, ids, weights, ups, downs), bank.forward(input, ids, weights), 2e-6);
        }
    }

    [Theory]
    [InlineData("nvfp4")]
    [InlineData("fp8")]
    public void Experts_fused_into_one_parameter_are_the_same(string format)
    {
        AddBank(format, format);
        using ExpertsMethod bank = new WeightLoader(_source, new WeightOptions()).LoadExperts(Module, Experts, Features, Intermediate);
        using var fused = new StoredTensors();
        foreach (string projection in new[] { "up_proj", "down_proj" })
        {
            foreach (string suffix in new[] { "weight", "weight_scale", "weight_scale_2" }.Where(suffix => suffix != "weight_scale_2" || format == "nvfp4"))
            {
                string first = $"{Module}.0.{projection}.{suffix}";
                Tensor all = stack(Enumerable.Range(0, Experts).Select(e => _source[$"{Module}.{e}.{projection}.{suffix}"]));
                fused.Add(suffix == "weight" ? $"{Module}.{projection}" : $"{Module}.{projection}_{suffix}", all, _source.Describe(first)!.Dtype);
            }
        }

        using ExpertsMethod fusedBank = new WeightLoader(fused, new WeightOptions()).LoadExperts(Module, Experts, Features, Intermediate);
        (Tensor input, Tensor ids, Tensor weights) = Step(5, topK: 3);
        Assert.Equal((format, bank.WeightBytes), (fusedBank.Format, fusedBank.WeightBytes));
        RandomWeights.AssertSame(bank.forward(input, ids, weights), fusedBank.forward(input, ids, weights));
    }

    [Fact]
    public void Experts_that_no_token_chose_do_not_show_even_where_their_numbers_are_broken()
    {
        AddBank("nvfp4", "fp8");
        var loader = new WeightLoader(_source, new WeightOptions());
        using ExpertProjection up = Stacked(loader, "up_proj"), down = Stacked(loader, "down_proj");
        (Tensor input, _, Tensor weights) = Step(4, topK: 2);
        Tensor ids = tensor([1L, 2L, 2L, 1L, 1L, 2L, 4L, 1L]).view(4, 2);
        Tensor expected = ActiveExperts.Batched(input, ids, weights, up, down);

        foreach (int idle in new[] { 0, 3, 5 })
        {
            _source[$"{Module}.{idle}.down_proj.weight"].fill_(0x7F);
        }

        using ExpertProjection brokenDown = Stacked(loader, "down_proj");
        RandomWeights.AssertSame(expected, ActiveExperts.Batched(input, ids, weights, up, brokenDown));
        using ExpertsMethod bank = new WeightLoader(_source, new WeightOptions()).LoadExperts(Module, Experts, Features, Intermediate);
        Assert.False(bank.forward(input, ids, weights).isnan().any().item<bool>());
    }

    [Fact]
    public void An_expert_that_a_token_chose_twice_counts_twice()
    {
        (double[][,] ups, double[][,] downs) = AddBank("nvfp4", "fp8");
        var loader = new WeightLoader(_source, new WeightOptions());
        using ExpertProjection up = Stacked(loader, "up_proj"), down = Stacked(loader, "down_proj");
        (Tensor input, _, Tensor weights) = Step(2, topK: 3);
        Tensor ids = tensor([3L, 3L, 0L, 5L, 3L, 5L]).view(2, 3);
        double[,] expected = Sum(input, ids, weights, ups, downs);
        RandomWeights.AssertClose(expected, ActiveExperts.Batched(input, ids, weights, up, down), 2e-6);
        RandomWeights.AssertClose(expected, ActiveExperts.OneByOne(input, ids, weights, up, down), 2e-6);
    }

    [Fact]
    public void In_bfloat16_the_sum_is_still_taken_in_float32()
    {
        (double[][,] ups, double[][,] downs) = AddBank("nvfp4", "nvfp4");
        var loader = new WeightLoader(_source, new WeightOptions { ComputeDtype = ScalarType.BFloat16 });
        using ExpertsMethod bank = loader.LoadExperts(Module, Experts, Features, Intermediate);
        (Tensor input, Tensor ids, Tensor weights) = Step(9, topK: 4);
        Tensor narrow = input.to(ScalarType.BFloat16);
        Tensor output = bank.forward(narrow, ids, weights);
        Assert.Equal(ScalarType.BFloat16, output.dtype);
        RandomWeights.AssertClose(Sum(narrow, ids, weights, ups, downs), output, 0.02);
    }

    [Fact]
    public void All_layers_dequantise_into_one_buffer_that_is_allocated_once()
    {
        AddBank("nvfp4", "fp8");
        _random.AddNvfp4(_source, "lm_head", 20, 64);
        var loader = new WeightLoader(_source, new WeightOptions());
        using ExpertsMethod first = loader.LoadExperts(Module, Experts, Features, Intermediate);
        using ExpertsMethod second = loader.LoadExperts(Module, Experts, Features, Intermediate);
        using LinearMethod head = loader.LoadLinear("lm_head", 20, 64);
        long largest = Features * Intermediate * sizeof(float);
        Assert.Equal(largest, loader.Workspace.ByteCount);

        (Tensor input, Tensor ids, Tensor weights) = Step(5, topK: 2);
        Tensor expected = first.forward(input, ids, weights);
        Tensor one = ones([1, 64]);
        Tensor buffer = loader.Workspace.Take(ScalarType.Byte, largest);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        for (int i = 0; i < 10; i++)
        {
            buffer.fill_(0xFF);
            using Tensor again = (i % 2 == 0 ? first : second).forward(input, ids, weights);
            RandomWeights.AssertSame(expected, again);
            Assert.Contains(buffer.data<byte>().ToArray(), value => value != 0xFF);
            head.forward(one).Dispose();
        }

        // Finalizers of other tests' tensors may still take some away.
        Assert.InRange(Tensor.TotalCount, 0, before);
        using Tensor same = loader.Workspace.Take(ScalarType.Byte, largest);
        Assert.Equal(AtenInterop.DataPointer(buffer), AtenInterop.DataPointer(same));
        Assert.Equal(largest, loader.Workspace.ByteCount);
    }

    [Fact]
    public void Running_changes_no_packed_weight_and_leaves_no_tensor_behind()
    {
        AddBank("nvfp4", "nvfp4");
        using ExpertsMethod bank = new WeightLoader(_source, new WeightOptions()).LoadExperts(Module, Experts, Features, Intermediate);
        Dictionary<string, Tensor> stored = _source.Names.ToDictionary(name => name, name => _source[name].clone());
        (Tensor input, Tensor ids, Tensor weights) = Step(5, topK: 2);
        bank.forward(input, ids, weights).Dispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        for (int i = 0; i < 20; i++)
        {
            bank.forward(input, ids, weights).Dispose();
        }

        // Finalizers of other tests' tensors may still take some away.
        Assert.InRange(Tensor.TotalCount, 0, before);
        Assert.All(stored, pair => RandomWeights.AssertSame(pair.Value, _source[pair.Key]));
    }

    [Fact]
    public void Experts_of_different_formats_in_one_projection_are_refused()
    {
        AddBank("nvfp4", "nvfp4");
        _random.AddFp8(_source, $"{Module}.4.up_proj", Intermediate, Features);
        _source.Remove($"{Module}.4.up_proj.weight_scale_2");
        Assert.Equal(
            $"module '{Module}.4.up_proj' is stored as Fp8, but '{Module}.0.up_proj' as Nvfp4; expected one format for a projection of all experts",
            Message());
    }

    [Fact]
    public void A_missing_companion_of_one_expert_is_named()
    {
        AddBank("nvfp4", "nvfp4");
        _source.Remove($"{Module}.5.down_proj.weight_scale_2");
        Assert.Equal($"module '{Module}.5.down_proj': tensor '{Module}.5.down_proj.weight_scale_2' is missing; expected Float32", Message());
    }

    [Fact]
    public void The_format_names_both_projections_where_they_differ()
    {
        AddBank("nvfp4", "fp8");
        using ExpertsMethod bank = new WeightLoader(_source, new WeightOptions()).LoadExperts(Module, Experts, Features, Intermediate);
        Assert.Equal("nvfp4+fp8", bank.Format);
        Assert.Equal(Experts * Features * Intermediate * (1 + 0.5 + 0.0625) + (Experts * 8), bank.WeightBytes);
    }

    private static ExpertProjection Stacked(WeightLoader loader, string projection) => projection == "up_proj"
        ? new ExpertProjectionReader(loader, stacked: true).Read(Shape, projection, Intermediate, Features)
        : new ExpertProjectionReader(loader, stacked: true).Read(Shape, projection, Features, Intermediate);

    /// <summary>Sum over a token's choices of weight · down(relu²(up(x))).</summary>
    private static double[,] Sum(Tensor input, Tensor ids, Tensor weights, double[][,] ups, double[][,] downs)
    {
        double[,] x = RandomWeights.ToDoubles(input), w = RandomWeights.ToDoubles(weights), sum = new double[x.GetLength(0), Features];
        double[,] chosen = RandomWeights.ToDoubles(ids);
        for (int t = 0; t < x.GetLength(0); t++)
        {
            for (int choice = 0; choice < w.GetLength(1); choice++)
            {
                int expert = (int)chosen[t, choice];
                double[,] token = new double[1, Features];
                Buffer.BlockCopy(x, t * Features * sizeof(double), token, 0, Features * sizeof(double));
                double[,] inner = RandomWeights.Multiply(token, ups[expert]);
                for (int i = 0; i < Intermediate; i++)
                {
                    inner[0, i] = Math.Pow(Math.Max(inner[0, i], 0), 2);
                }

                double[,] output = RandomWeights.Multiply(inner, downs[expert]);
                for (int h = 0; h < Features; h++)
                {
                    sum[t, h] += w[t, choice] * output[0, h];
                }
            }
        }

        return sum;
    }

    private (double[][,] Ups, double[][,] Downs) AddBank(string up, string down) => (
        [.. Enumerable.Range(0, Experts).Select(e => Add(up, $"{Module}.{e}.up_proj", Intermediate, Features))],
        [.. Enumerable.Range(0, Experts).Select(e => Add(down, $"{Module}.{e}.down_proj", Features, Intermediate))]);

    private double[,] Add(string format, string module, int rows, int columns) => format switch
    {
        "nvfp4" => _random.AddNvfp4(_source, module, rows, columns),
        "fp8" => _random.AddFp8(_source, module, rows, columns),
        _ => _random.AddBFloat16(_source, module, rows, columns),
    };

    private (Tensor Input, Tensor Ids, Tensor Weights) Step(int tokens, int topK) => (
        _random.Input(tokens, Features),
        stack(Enumerable.Range(0, tokens).Select(_ => tensor(Enumerable.Range(0, Experts).Select(e => (long)e).OrderBy(_ => _random.Factor()).Take(topK).ToArray()))),
        _random.Input(tokens, topK).abs());

    private string Message() => Assert.Throws<CheckpointException>(
        () => new WeightLoader(_source, new WeightOptions()).LoadExperts(Module, Experts, Features, Intermediate)).Message;
}
