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
        Assert.Equal(kernel, GemmGeometry.Experts(operand, 1, 6, GemmEpilogue.Store).Kernel);
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
            AssertSplit(split => GemmGeometry.Experts(operand, tokens, 6 * tokens, GemmEpilogue.Store, split));
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
        Refused(() => GemmGeometry.Experts(operand, 5, 6, GemmEpilogue.Store, split: true));

        static void Refused(Action action) => Assert.StartsWith(
            "No more than 4 tokens come as two parts.", Assert.Throws<ArgumentOutOfRangeException>(action).Message);
    }

    [Theory]
    [InlineData(1856, 2688, true)]
    [InlineData(1850, 2688, false)]
    [InlineData(1856, 96, false)]
    public void Only_whole_tiles_are_repacked(int rows, int columns, bool fits) => Assert.Equal(fits, Nvfp4TileOrder.Fits(rows, columns));
}
