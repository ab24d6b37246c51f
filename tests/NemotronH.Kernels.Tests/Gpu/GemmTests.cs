using NemotronH.Kernels.Cuda.Products;
using NemotronH.Kernels.Tests.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>Products on a GPU, held to float64.</summary>
[Trait("Category", "Gpu")]
public sealed class GemmTests
{
    /// <summary>Two roundings to 8 bits, each relative to what the one before left, are 2.5e-6 of normal numbers; sums in float32 add to it.</summary>
    private const double SplitTolerance = 5e-6;

    private static readonly (int Rows, int Columns)[] Sizes = [(1856, 2688), (2688, 1856), (10304, 2688), (1872, 704), (48, 64), (50, 96), (33, 40), (17, 16)];

    public static TheoryData<WeightLayout, int, int, int> Cases()
    {
        var cases = new TheoryData<WeightLayout, int, int, int>();
        foreach (WeightLayout layout in Enum.GetValues<WeightLayout>())
        {
            foreach ((int rows, int columns) in Sizes)
            {
                bool blocks = layout is WeightLayout.Nvfp4 or WeightLayout.Nvfp4Tiles;
                if ((layout == WeightLayout.Nvfp4Tiles && !Nvfp4TileOrder.Fits(rows, columns)) || (blocks && columns % 16 != 0))
                {
                    continue;
                }

                foreach (int tokens in new[] { 1, 3, 8, 13, 32, 64, 128 })
                {
                    cases.Add(layout, rows, columns, tokens);
                }
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_product_is_the_float64_product_to_float32_rounding(WeightLayout layout, int rows, int columns, int tokens)
    {
        using KernelRun run = new();
        RandomWeight weight = RandomWeight.Create(layout, 1, rows, columns);
        Tensor x = randn([tokens, columns], device: CUDA).to(ScalarType.BFloat16), bias = randn([rows], device: CUDA).to(ScalarType.BFloat16);
        Tensor y = full([tokens, rows], float.NaN, device: CUDA);
        DeviceWeight stored = Prepare(run, weight.Stored, layout);
        new Gemm(run.Library, GemmOperand.Of(stored), tokens, GemmEpilogue.Store).Launch(run.Stream, stored, x, y, bias);
        run.Stream.Synchronize();

        Tensor expected = x.to(ScalarType.Float64).matmul(weight.Values[0].t()) + bias.to(ScalarType.Float64);
        Numbers.AssertClose(y, expected, 1e-5);
    }

    [Theory]
    [InlineData(GemmEpilogue.StoreBFloat16, 1e-2)]
    [InlineData(GemmEpilogue.SquaredRelu, 1e-2)]
    [InlineData(GemmEpilogue.Add, 1e-5)]
    public void An_epilogue_does_what_it_says(GemmEpilogue epilogue, double tolerance)
    {
        using KernelRun run = new();
        RandomWeight weight = RandomWeight.Create(WeightLayout.BFloat16, 1, 272, 320);
        Tensor x = randn([5, 320], device: CUDA).to(ScalarType.BFloat16);
        bool adds = epilogue == GemmEpilogue.Add;
        Tensor y = adds ? randn([5, 272], device: CUDA) : full([5, 272], float.NaN, device: CUDA).to(ScalarType.BFloat16);
        Tensor product = x.to(ScalarType.Float64).matmul(weight.Values[0].t());
        Tensor expected = epilogue switch
        {
            GemmEpilogue.Add => product + y.to(ScalarType.Float64),
            GemmEpilogue.SquaredRelu => product.clamp(min: 0).square(),
            _ => product,
        };
        new Gemm(run.Library, GemmOperand.Of(weight.Stored), 5, epilogue).Launch(run.Stream, weight.Stored, x, y);
        run.Stream.Synchronize();
        Numbers.AssertClose(y, expected, tolerance);
    }

    [Theory]
    [InlineData(WeightLayout.BFloat16, 1)]
    [InlineData(WeightLayout.BFloat16, 64)]
    [InlineData(WeightLayout.Float8, 8)]
    [InlineData(WeightLayout.Nvfp4Tiles, 1)]
    [InlineData(WeightLayout.Nvfp4Tiles, 37)]
    [InlineData(WeightLayout.Nvfp4, 8)]
    public void Each_entry_is_its_experts_product(WeightLayout layout, int tokens)
    {
        const int experts = 16, topK = 3, rows = 208, columns = 192;
        using KernelRun run = new();
        RandomWeight weight = RandomWeight.Create(layout, experts, rows, columns);
        DeviceWeight stored = Prepare(run, weight.Stored, layout);
        int[] ids = [.. Enumerable.Range(0, tokens).SelectMany(_ => Random.Shared.GetItems(Enumerable.Range(0, experts).ToArray(), 64).Distinct().Take(topK))];
        ActiveEntries choice = Group(ids, experts, Math.Min(experts, ids.Length));
        Tensor x = randn([tokens, columns], device: CUDA).to(ScalarType.BFloat16);
        Tensor y = full([tokens * topK, rows], float.NaN, device: CUDA);
        new ExpertGemm(run.Library, GemmOperand.Of(stored), tokens, topK, (int)choice.Experts.size(0), GemmEpilogue.Store)
            .Launch(run.Stream, stored, isBank: true, choice, x, y);
        run.Stream.Synchronize();

        Tensor chosen = weight.Values.index_select(0, tensor(ids, device: CUDA).to(ScalarType.Int64));
        Tensor inputs = x.to(ScalarType.Float64).repeat_interleave(topK, 0).unsqueeze(-1);
        Numbers.AssertClose(y, chosen.matmul(inputs).squeeze(-1), 1e-5);
    }

    [Theory]
    [InlineData(WeightLayout.BFloat16, 1, true, 4096, 256, 256)]
    [InlineData(WeightLayout.BFloat16, 8, false, 64, 32, 32)]
    [InlineData(WeightLayout.Float8, 3, true, 320, 32)]
    [InlineData(WeightLayout.Nvfp4Tiles, 64, false, 96, 32, 64)]
    [InlineData(WeightLayout.Nvfp4Tiles, 1, true, 96, 32, 64)]
    public void Stacked_weights_give_their_products_side_by_side(WeightLayout layout, int tokens, bool split, params int[] rows)
    {
        const int columns = 192;
        using KernelRun run = new();
        RandomWeight[] weights = [.. rows.Select(count => RandomWeight.Create(layout, 1, count, columns))];
        DeviceWeight[] stored = [.. weights.Select(weight => Prepare(run, weight.Stored, layout))];
        Tensor x = randn([tokens, columns], device: CUDA), y = full([tokens, rows.Sum()], float.NaN, device: CUDA);
        (Tensor high, Tensor low) = Split(x);
        new StackedGemm(run.Library, [.. stored.Select(GemmOperand.Of)], tokens, split)
            .Launch(run.Stream, stored, high, y, inputLow: split ? low : null);
        run.Stream.Synchronize();
        Tensor whole = cat([.. weights.Select(weight => weight.Values[0])]);
        Numbers.AssertClose(y, (split ? x : high).to(ScalarType.Float64).matmul(whole.t()), split ? SplitTolerance : 1e-5);
    }

    public static TheoryData<WeightLayout, int, bool, bool> SharedCases()
    {
        var cases = new TheoryData<WeightLayout, int, bool, bool>();
        foreach (WeightLayout layout in new[] { WeightLayout.BFloat16, WeightLayout.Float8, WeightLayout.Nvfp4Tiles })
        {
            foreach (int tokens in new[] { 1, 3, 4, 8, 37, 64 })
            {
                cases.Add(layout, tokens, false, tokens <= Gemm.MaxSplitTokens);
                cases.Add(layout, tokens, true, tokens <= Gemm.MaxSplitTokens);
            }
        }

        return cases;
    }

    /// <summary>First projections have the parts one above the other and one input a token; second ones side by side and an input for each entry.</summary>
    [Theory]
    [MemberData(nameof(SharedCases))]
    public void Parts_of_a_shared_matrix_are_a_tokens_last_choices(WeightLayout layout, int tokens, bool second, bool split)
    {
        const int experts = 16, topK = 3, parts = 2, choices = topK + parts, rows = 208, columns = 192;
        using KernelRun run = new();
        RandomWeight weight = RandomWeight.Create(layout, experts, rows, columns);
        RandomWeight further = RandomWeight.Create(layout, 1, second ? rows : parts * rows, second ? parts * columns : columns);
        DeviceWeight stored = Prepare(run, weight.Stored, layout), shared = Prepare(run, further.Stored, layout);
        SharedParts cut = SharedParts.Of(GemmOperand.Of(stored), GemmOperand.Of(shared));
        Assert.Equal(new SharedParts(parts, second), cut);
        int[] ids = [.. Enumerable.Range(0, tokens).SelectMany(token => Enumerable.Range(token, topK).Select(expert => expert % experts))];
        ActiveEntries choice = Group(ids, experts, Math.Min(experts, ids.Length));
        choice = choice with { Entries = (choice.Entries.div(topK, RoundingMode.floor) * choices + choice.Entries.remainder(topK)).to(ScalarType.Int32) };
        Tensor x = randn([second ? tokens * choices : tokens, columns], device: CUDA), y = full([tokens * choices, rows], float.NaN, device: CUDA);
        (Tensor high, Tensor low) = Split(x);
        new ExpertGemm(run.Library, GemmOperand.Of(stored), tokens, topK, (int)choice.Experts.size(0), GemmEpilogue.Store, split, cut)
            .Launch(run.Stream, stored, isBank: true, choice, high, y, inputLow: split ? low : null, shared: shared);
        run.Stream.Synchronize();

        Tensor chosen = weight.Values.index_select(0, tensor(ids, device: CUDA).to(ScalarType.Int64)).view(tokens, topK, rows, columns);
        Tensor part = second ? further.Values.view(rows, parts, columns).transpose(0, 1) : further.Values.view(parts, rows, columns);
        Tensor matrices = cat([chosen, part.unsqueeze(0).expand(tokens, parts, rows, columns)], 1).view(tokens * choices, rows, columns);
        Tensor inputs = (split ? x : high).to(ScalarType.Float64);
        inputs = (second ? inputs : inputs.repeat_interleave(choices, 0)).unsqueeze(-1);
        Numbers.AssertClose(y, matrices.matmul(inputs).squeeze(-1), split ? SplitTolerance : 1e-5);
    }

    public static TheoryData<WeightLayout, int, int, int> SplitCases()
    {
        var cases = new TheoryData<WeightLayout, int, int, int>();
        foreach (TheoryDataRow<WeightLayout, int, int, int> row in Cases().Where(row => row.Data.Item4 == 1))
        {
            for (int tokens = 1; tokens <= Gemm.MaxSplitTokens; tokens++)
            {
                cases.Add(row.Data.Item1, row.Data.Item2, row.Data.Item3, tokens);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(SplitCases))]
    public void A_product_of_two_parts_is_close_to_that_of_float32_inputs(WeightLayout layout, int rows, int columns, int tokens)
    {
        using KernelRun run = new();
        RandomWeight weight = RandomWeight.Create(layout, 1, rows, columns);
        Tensor x = randn([tokens, columns], device: CUDA), y = full([tokens, rows], float.NaN, device: CUDA);
        (Tensor high, Tensor low) = Split(x);
        DeviceWeight stored = Prepare(run, weight.Stored, layout);
        new Gemm(run.Library, GemmOperand.Of(stored), tokens, GemmEpilogue.Store, split: true)
            .Launch(run.Stream, stored, high, y, inputLow: low);
        run.Stream.Synchronize();
        Numbers.AssertClose(y, x.to(ScalarType.Float64).matmul(weight.Values[0].t()), SplitTolerance);
    }

    public static TheoryData<WeightLayout, int, bool> SplitExpertCases()
    {
        var cases = new TheoryData<WeightLayout, int, bool>();
        foreach (WeightLayout layout in Enum.GetValues<WeightLayout>())
        {
            for (int tokens = 1; tokens <= Gemm.MaxSplitTokens; tokens++)
            {
                cases.Add(layout, tokens, false);
                cases.Add(layout, tokens, true);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(SplitExpertCases))]
    public void Each_entry_of_two_parts_is_close_to_its_experts_product_of_float32_inputs(WeightLayout layout, int tokens, bool ofEntries)
    {
        const int experts = 6, topK = 3, rows = 208, columns = 192;
        using KernelRun run = new();
        RandomWeight weight = RandomWeight.Create(layout, experts, rows, columns);
        DeviceWeight stored = Prepare(run, weight.Stored, layout);
        int[] ids = [.. Enumerable.Range(0, tokens).SelectMany(token => Enumerable.Range(token, topK).Select(expert => expert % experts))];
        ActiveEntries choice = Group(ids, experts, Math.Min(experts, ids.Length));
        Tensor x = randn([ofEntries ? tokens * topK : tokens, columns], device: CUDA), y = full([tokens * topK, rows], float.NaN, device: CUDA);
        (Tensor high, Tensor low) = Split(x);
        new ExpertGemm(run.Library, GemmOperand.Of(stored), tokens, topK, (int)choice.Experts.size(0), GemmEpilogue.Store, split: true)
            .Launch(run.Stream, stored, isBank: true, choice, high, y, inputLow: low);
        run.Stream.Synchronize();

        Tensor chosen = weight.Values.index_select(0, tensor(ids, device: CUDA).to(ScalarType.Int64));
        Tensor inputs = (ofEntries ? x : x.repeat_interleave(topK, 0)).to(ScalarType.Float64).unsqueeze(-1);
        Numbers.AssertClose(y, chosen.matmul(inputs).squeeze(-1), SplitTolerance);
    }

    [Theory]
    [InlineData(GemmEpilogue.StoreBFloat16, 320)]
    [InlineData(GemmEpilogue.SquaredRelu, 320)]
    [InlineData(GemmEpilogue.StoreBFloat16, 40)]
    [InlineData(GemmEpilogue.SquaredRelu, 40)]
    public void A_low_output_is_what_the_rounding_leaves(GemmEpilogue epilogue, int columns)
    {
        using KernelRun run = new();
        RandomWeight weight = RandomWeight.Create(WeightLayout.BFloat16, 1, 270, columns);
        Tensor x = randn([3, columns], device: CUDA).to(ScalarType.BFloat16);
        Tensor whole = full([3, 270], float.NaN, device: CUDA), rounded = whole.to(ScalarType.BFloat16), left = rounded.clone();
        var operand = GemmOperand.Of(weight.Stored);
        new Gemm(run.Library, operand, 3, GemmEpilogue.Store).Launch(run.Stream, weight.Stored, x, whole);
        new Gemm(run.Library, operand, 3, epilogue).Launch(run.Stream, weight.Stored, x, rounded, outputLow: left);
        run.Stream.Synchronize();
        (Tensor high, Tensor low) = Split(epilogue == GemmEpilogue.SquaredRelu ? whole.clamp(min: 0).square() : whole);
        Assert.True(rounded.eq(high).all().item<bool>());
        Assert.True(left.eq(low).all().item<bool>());
    }

    [Fact]
    public void A_sequence_gets_the_same_bits_beside_other_sequences()
    {
        using KernelRun run = new();
        RandomWeight weight = RandomWeight.Create(WeightLayout.BFloat16, 1, 1856, 2688);
        var gemm = new Gemm(run.Library, GemmOperand.Of(weight.Stored), 8, GemmEpilogue.Store);
        Tensor x = randn([8, 2688], device: CUDA).to(ScalarType.BFloat16), together = empty([8, 1856], device: CUDA), alone = empty_like(together);
        gemm.Launch(run.Stream, weight.Stored, x, together);
        run.Stream.Synchronize();
        x.narrow(0, 1, 7).copy_(randn([7, 2688], device: CUDA));
        gemm.Launch(run.Stream, weight.Stored, x, alone);
        run.Stream.Synchronize();
        Assert.True(together[0].eq(alone[0]).all().item<bool>());
    }

    private static (Tensor High, Tensor Low) Split(Tensor x)
    {
        Tensor high = x.to(ScalarType.BFloat16);
        return (high, (x - high.to(ScalarType.Float32)).to(ScalarType.BFloat16));
    }

    private static ActiveEntries Group(int[] ids, int experts, int active)
    {
        var groups = Enumerable.Range(0, ids.Length).GroupBy(entry => ids[entry]).OrderBy(group => group.Key).ToArray();
        int[] numbers = [.. groups.Select(group => group.Key), .. Enumerable.Repeat(-1, active - groups.Length)];
        var offsets = new List<int> { 0 };
        offsets.AddRange(Enumerable.Range(1, active).Select(i => groups.Take(i).Sum(group => group.Count())));
        return new(
            tensor(new[] { groups.Length }, device: CUDA),
            tensor(numbers, device: CUDA),
            tensor(offsets.ToArray(), device: CUDA),
            tensor(groups.SelectMany(group => group.OrderBy(entry => entry)).ToArray(), device: CUDA));
    }

    /// <summary>The weight in the layout that is asked for.</summary>
    private static DeviceWeight Prepare(KernelRun run, DeviceWeight stored, WeightLayout layout)
    {
        if (layout != WeightLayout.Nvfp4Tiles)
        {
            return stored;
        }

        (Tensor codes, Tensor scales) = new Nvfp4Repacker(run.Library).Launch(run.Stream, stored);
        return DeviceWeight.Nvfp4Tiles("weight", codes, scales, stored.GlobalScale!);
    }
}
