using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;

namespace NemotronH.Kernels.Tests.Cuda.Products;

public sealed class GemmGeometryTests
{
    private const int Multiprocessors = 132;

    [Theory]
    [InlineData(WeightLayout.BFloat16, 10304, 2688, 1, 1, 644, 128)]
    [InlineData(WeightLayout.BFloat16, 2688, 4096, 1, 1, 168, 512)]
    [InlineData(WeightLayout.Nvfp4Tiles, 10304, 2688, 64, 1, 322, 128)]
    [InlineData(WeightLayout.BFloat16, 131072, 2688, 128, 2, 4096, 128)]
    [InlineData(WeightLayout.BFloat16, 2688, 4096, 128, 4, 84, 256)]
    [InlineData(WeightLayout.BFloat16, 50, 32, 1, 1, 4, 32)]
    [InlineData(WeightLayout.BFloat16, 50, 40, 9, 7, 2, 256)]
    [InlineData(WeightLayout.Nvfp4, 48, 64, 1, 6, 1, 256)]
    public void A_matrix_is_covered_by_its_grid(WeightLayout layout, int rows, int columns, int tokens, int x, int y, int threads)
    {
        GemmGeometry geometry = GemmGeometry.Dense(new GemmOperand(layout, rows, columns), tokens, GemmEpilogue.Store, true, Multiprocessors);
        Assert.Equal((x, y, threads), (geometry.Grid.X, geometry.Grid.Y, geometry.Threads));
    }

    [Theory]
    [InlineData(WeightLayout.BFloat16, 40, "gemm_general")]
    [InlineData(WeightLayout.BFloat16, 96, "gemm")]
    [InlineData(WeightLayout.Float8, 96, "gemm_general")]
    [InlineData(WeightLayout.Float8, 128, "gemm")]
    [InlineData(WeightLayout.Nvfp4, 128, "gemm_general")]
    [InlineData(WeightLayout.Nvfp4Tiles, 128, "gemm")]
    [InlineData(WeightLayout.Float32, 128, "gemm_general")]
    public void Columns_that_no_tile_fits_go_to_the_general_kernel(WeightLayout layout, int columns, string kernel)
    {
        GemmOperand operand = new(layout, 64, columns);
        Assert.Equal(kernel, GemmGeometry.Dense(operand, 1, GemmEpilogue.Store, true, Multiprocessors).Kernel);
        Assert.Equal(kernel, GemmGeometry.Experts(operand, 1, 6, GemmEpilogue.Store, true).Kernel);
    }

    [Fact]
    public void Every_batch_up_to_128_is_covered_in_one_pass_or_more()
    {
        for (int tokens = 1; tokens <= 128; tokens++)
        {
            GemmGeometry geometry = GemmGeometry.Dense(
                new GemmOperand(WeightLayout.BFloat16, 4096, 4096), tokens, GemmEpilogue.Store, true, Multiprocessors);
            int columns = int.Parse(geometry.Source.ToString().Split("TOKENS=")[1].Split(' ')[0]);
            Assert.True(8 * columns * geometry.Grid.X >= tokens);
        }
    }

    [Theory]
    [InlineData(WeightLayout.Nvfp4Tiles)]
    [InlineData(WeightLayout.Nvfp4)]
    public void Inputs_in_two_parts_take_the_grid_of_inputs_in_one(WeightLayout layout)
    {
        var operand = new GemmOperand(layout, 1856, 2688);
        for (int tokens = 1; tokens <= Gemm.MaxSplitTokens; tokens++)
        {
            AssertSplit(split => GemmGeometry.Dense(operand, tokens, GemmEpilogue.Store, true, Multiprocessors, split));
            AssertSplit(split => GemmGeometry.Experts(operand, tokens, 6 * tokens, GemmEpilogue.Store, true, split));
        }

        static void AssertSplit(Func<bool, GemmGeometry> create)
        {
            (GemmGeometry whole, GemmGeometry split) = (create(false), create(true));
            Assert.Equal((whole.Grid, whole.Threads), (split.Grid, split.Threads));
            Assert.Contains("SPLIT=0", whole.Source.ToString());
            Assert.Contains("SPLIT=1", split.Source.ToString());
        }
    }

    [Fact]
    public void More_tokens_in_two_parts_than_there_are_columns_are_refused()
    {
        var operand = new GemmOperand(WeightLayout.BFloat16, 64, 64);
        Refused(() => GemmGeometry.Dense(operand, 5, GemmEpilogue.Store, true, Multiprocessors, split: true));
        Refused(() => GemmGeometry.Experts(operand, 5, 6, GemmEpilogue.Store, true, split: true));

        static void Refused(Action action) => Assert.StartsWith(
            "No more than 4 tokens come as two parts.", Assert.Throws<ArgumentOutOfRangeException>(action).Message);
    }

    [Theory]
    [InlineData(1856, 2688, true)]
    [InlineData(1850, 2688, false)]
    [InlineData(1856, 96, false)]
    public void Only_whole_tiles_are_repacked(int rows, int columns, bool fits) => Assert.Equal(fits, Nvfp4TileOrder.Fits(rows, columns));

    [Theory]
    [InlineData(WeightLayout.Nvfp4Tiles, 3712, 2688, 2, false)]
    [InlineData(WeightLayout.Nvfp4Tiles, 1856, 2688, 1, false)]
    [InlineData(WeightLayout.Nvfp4Tiles, 1856, 5376, 2, true)]
    [InlineData(WeightLayout.Nvfp4Tiles, 3700, 2688, 0, false)]
    [InlineData(WeightLayout.Nvfp4Tiles, 3712, 4096, 0, false)]
    [InlineData(WeightLayout.BFloat16, 3712, 2688, 0, false)]
    public void A_shared_matrix_is_cut_into_pieces_of_an_experts_size(WeightLayout layout, int rows, int columns, int parts, bool alongColumns) =>
        Assert.Equal(
            new SharedParts(parts, alongColumns),
            SharedParts.Of(new GemmOperand(WeightLayout.Nvfp4Tiles, 1856, 2688), new GemmOperand(layout, rows, columns)));

    [Fact]
    public void Shared_parts_come_before_the_active_experts_of_the_grid()
    {
        GemmGeometry geometry = GemmGeometry.Experts(
            new GemmOperand(WeightLayout.Nvfp4Tiles, 1856, 2688), 1, 6, GemmEpilogue.SquaredRelu, true, split: true, new SharedParts(2, false));
        Assert.Equal(new Dim3(116, 8), geometry.Grid);
        Assert.Contains("SHARED=2", geometry.Source.ToString());
    }

    [Theory]
    [InlineData(16, true, false)]
    [InlineData(31, true, false)]
    [InlineData(32, true, true)]
    [InlineData(128, true, true)]
    [InlineData(64, false, false)]
    public void Experts_are_asked_for_at_once_where_there_are_many_tokens_and_no_kernel_writes_them(int tokens, bool stable, bool prefetched)
    {
        var operand = new GemmOperand(WeightLayout.Nvfp4Tiles, 1856, 2688);
        Assert.Contains(
            $"PREFETCH={(prefetched ? 1 : 0)}", GemmGeometry.Experts(operand, tokens, 128, GemmEpilogue.Store, stable).Source.ToString());
        Assert.Contains("PREFETCH=0", GemmGeometry.Dense(operand, tokens, GemmEpilogue.Store, stable, Multiprocessors).Source.ToString());
    }

    [Theory]
    [InlineData(WeightLayout.Nvfp4Tiles, 64, 1, 9)]
    [InlineData(WeightLayout.Nvfp4Tiles, 128, 2, 7)]
    [InlineData(WeightLayout.BFloat16, 32, 1, 9)]
    [InlineData(WeightLayout.BFloat16, 64, 2, 0)]
    public void Experts_take_eight_tokens_at_once_until_most_have_more(WeightLayout layout, int tokens, int columns, int blocks) =>
        Assert.Equal(new GemmTiling(columns, 1, 4, 2, blocks), GemmTiling.Experts(new GemmOperand(layout, 1856, 2688), tokens));

    [Theory]
    [InlineData(WeightLayout.BFloat16, 2688, true, 4096, 256, 256)]
    [InlineData(WeightLayout.BFloat16, 2688, true, 4096, 256)]
    [InlineData(WeightLayout.BFloat16, 2688, false, 4096)]
    [InlineData(WeightLayout.BFloat16, 2688, false, 4096, 256, 256, 256)]
    [InlineData(WeightLayout.BFloat16, 2688, false, 4096, 40, 256)]
    [InlineData(WeightLayout.BFloat16, 40, false, 64, 32, 32)]
    public void Weights_are_stacked_where_blocks_have_rows_of_one_of_them(WeightLayout layout, int columns, bool fits, params int[] rows) =>
        Assert.Equal(fits, StackedGemm.Fits([.. rows.Select(count => new GemmOperand(layout, count, columns))]));

    [Fact]
    public void Weights_that_cannot_be_stacked_are_named() => Assert.StartsWith(
        "The weights are GemmOperand { Layout = BFloat16, Rows = 64, Columns = 64",
        Assert.Throws<ArgumentException>(() => new StackedGemm(null!, [new(WeightLayout.BFloat16, 64, 64)], 1)).Message);
}
