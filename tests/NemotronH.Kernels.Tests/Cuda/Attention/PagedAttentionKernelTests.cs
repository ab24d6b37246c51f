using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Attention;

public sealed class PagedAttentionKernelTests
{
    private const int Multiprocessors = 132;

    [Fact]
    public void The_reference_equals_scaled_dot_product_attention_over_the_sequence_in_order()
    {
        using var scope = NewDisposeScope();
        PagedAttentionShape shape = PagedInputs.Side(6, 2, 8, 4, 5);
        var inputs = new PagedInputs(shape);
        Tensor queries = Numbers.Normal(1, 1, 48);
        Tensor attended = PagedCacheReference.Attend(
            shape, queries, tensor(new[] { 2 }), tensor(new[] { 12 }), inputs.PageTable, inputs.Keys, inputs.Values, 1, 1);

        long[] lines = [.. Enumerable.Range(0, 13).Select(p => (inputs.PageTable[2, p / 4].item<int>() * 4L) + (p % 4))];
        Tensor k = Heads(inputs.Keys), v = Heads(inputs.Values);
        Tensor expected = nn.functional.scaled_dot_product_attention(queries.reshape(6, 1, 8), k, v).reshape(1, 48);
        Numbers.AssertClose(attended, expected, 1e-6);

        Tensor Heads(Tensor pages) =>
            pages.index_select(0, tensor(lines)).to(ScalarType.Float32).permute(1, 0, 2).repeat_interleave(3, 0);
    }

    [Theory]
    [InlineData(32, 2, 128, 1, 16, 16)] // 2 blocks a split: 1,024 tokens are 16 shares of 64.
    [InlineData(32, 2, 128, 1, 16384, 264)]
    [InlineData(32, 2, 128, 64, 16384, 4)]
    [InlineData(32, 2, 128, 1000, 16384, 1)]
    [InlineData(64, 2, 128, 1, 16384, 132)] // 32 query heads a KV head are two tiles.
    [InlineData(6, 2, 20, 1, 16384, 88)] // Without tensor cores: a block a head.
    public void Splits_fill_the_GPU_but_not_beyond_the_context(int heads, int keyValueHeads, int headDim, int rows, int pages, int splits)
    {
        PagedAttentionShape shape = PagedInputs.Side(heads, keyValueHeads, headDim, 64, pages);
        Assert.Equal(splits, shape.Splits(rows, Multiprocessors));
        var kernel = new PagedAttentionKernel(shape, Multiprocessors, null, null);
        Assert.InRange(kernel.WorkspaceSize(rows), (long)rows * heads * splits * (headDim + 2), ((long)rows * heads * splits * (headDim + 2)) + 3);
    }

    [Fact]
    public void What_does_not_fit_the_shape_is_refused()
    {
        using var scope = NewDisposeScope();
        var kernel = new PagedAttentionKernel(PagedInputs.Side(4, 2, 16, 64, 1), Multiprocessors, null, null);
        Tensor none = zeros(1);
        var error = Assert.Throws<ArgumentException>(() => kernel.Launch(null!, 1, none, none, none, none, none, none, 1, 1, none, none));
        Assert.Contains("projected is Float32 [1] on cpu", error.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => PagedAttentionKernel.Source(PagedInputs.Side(4, 2, 16, 0, 1)));
    }

    public static TheoryData<int, int, int, int, bool> Shapes => new()
    {
        { 32, 2, 128, 64, false },
        { 32, 2, 128, 64, true },
        { 32, 8, 128, 16, false },
        { 40, 8, 128, 64, true },
        { 64, 2, 64, 64, false },
        { 4, 2, 64, 32, true },
        { 4, 2, 32, 64, false },
        { 4, 1, 32, 10, true },
        { 6, 2, 16, 64, false },
        { 6, 2, 16, 7, true },
        { 4, 2, 48, 24, true },
        { 4, 2, 80, 64, false },
        { 6, 2, 20, 64, false },
        { 3, 1, 5, 9, true },
        { 2, 1, 256, 64, false },
    };

    [Theory]
    [Trait("Category", "Gpu")]
    [MemberData(nameof(Shapes))]
    public void The_kernel_equals_its_reference(int heads, int keyValueHeads, int headDim, int pageSize, bool float8)
    {
        using var gpu = new KernelRun();
        PagedAttentionShape shape = PagedInputs.Side(heads, keyValueHeads, headDim, pageSize, (700 / pageSize) + 1) with { Float8 = float8 };
        var inputs = new PagedInputs(shape);
        const int Rows = 5;
        int[] slots = [1, 0, 3, PagedInputs.Slots - 1, 2, 1, 1], positions = [0, 699, 64, 0, 130, 0, 0];
        (float keyScale, float valueScale) = float8 ? (0.01f, 0.02f) : (1, 1);
        Tensor projected = inputs.Projected(1, slots.Length);
        Tensor expected = PagedCacheReference.Attend(
            shape,
            PagedInputs.Columns(projected, 0, heads * headDim),
            tensor(slots),
            tensor(positions),
            inputs.PageTable,
            inputs.Keys,
            inputs.Values,
            keyScale,
            valueScale);

        var kernel = new PagedAttentionKernel(gpu.Library, shape);
        Tensor attended = KernelRun.Poisoned(ScalarType.BFloat16, slots.Length, (long)heads * headDim), low = attended.clone();
        Tensor workspace = KernelRun.Poisoned(ScalarType.Float32, kernel.WorkspaceSize(Rows));
        Tensor[] onCpu = [projected, tensor(slots), tensor(positions), inputs.PageTable, inputs.Keys, inputs.Values];
        Tensor[] on = [.. onCpu.Select(KernelRun.Upload)];
        kernel.Launch(
            gpu.Stream, Rows, on[0], on[1], on[2], on[3], on[4], on[5], keyScale, valueScale, workspace, attended, programmatic: true, low);

        for (int row = 0; row < Rows; row++)
        {
            Numbers.AssertClose(attended[row], expected[row], Numbers.BFloat16Tolerance);
        }

        Numbers.AssertPoisoned(attended[Rows..]);
        Numbers.AssertRest(attended[..Rows], low[..Rows]);
        Numbers.AssertPoisoned(low[Rows..]);
        if (!shape.UsesTensorCores)
        {
            Numbers.AssertClose(Numbers.Sum(attended[..Rows], low[..Rows]), expected[..Rows], Numbers.Float32Tolerance);
        }
    }

    [Fact]
    [Trait("Category", "Gpu")]
    public void A_row_is_bit_equal_alone_and_among_others_of_a_bucket()
    {
        using var gpu = new KernelRun();
        PagedAttentionShape shape = PagedInputs.Side(32, 2, 128, 64, 11);
        var inputs = new PagedInputs(shape);
        var kernel = new PagedAttentionKernel(gpu.Library, shape);
        Tensor projected = inputs.Projected(1, 4), workspace = KernelRun.Poisoned(ScalarType.Float32, kernel.WorkspaceSize(4));
        Tensor[] on = [.. new[] { inputs.PageTable, inputs.Keys, inputs.Values }.Select(KernelRun.Upload)];
        const int Padding = PagedInputs.Slots - 1;
        Tensor alone = Attend([0, Padding, Padding, Padding], [650, 0, 0, 0]), among = Attend([0, 1, 2, 3], [650, 12, 690, 64]);
        Assert.True(alone[0].equal(among[0]).all().item<bool>());

        Tensor Attend(int[] slots, int[] positions)
        {
            Tensor attended = KernelRun.Poisoned(ScalarType.BFloat16, 4, 32 * 128);
            Tensor rows = KernelRun.Upload(projected), slot = tensor(slots).cuda(), position = tensor(positions).cuda();
            kernel.Launch(gpu.Stream, 4, rows, slot, position, on[0], on[1], on[2], 1, 1, workspace, attended);
            return attended;
        }
    }
}
