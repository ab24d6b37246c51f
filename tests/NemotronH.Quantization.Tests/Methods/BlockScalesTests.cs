using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

public sealed class BlockScalesTests
{
    [Theory]
    [InlineData(100, 6)]
    [InlineData(128, 5)]
    [InlineData(300, 4)]
    [InlineData(1, 1)]
    public void Swizzled_scales_come_back_in_row_order(int rows, int blocks)
    {
        using var scope = NewDisposeScope();
        int paddedRows = (rows + 127) / 128 * 128, paddedBlocks = (blocks + 3) / 4 * 4;
        byte[] swizzled = new byte[paddedRows * paddedBlocks];
        for (int m = 0; m < rows; m++)
        {
            for (int k = 0; k < blocks; k++)
            {
                // cuBLAS documentation, "1D block scaling factors layout": tiles of 128 x 4, 512 bytes each.
                int offset = (((m / 128 * (paddedBlocks / 4)) + (k / 4)) * 512) + (m % 32 * 16) + (m % 128 / 32 * 4) + (k % 4);
                swizzled[offset] = Value(m, k);
            }
        }

        BlockScales layout = new(null, rows, blocks);
        foreach (Tensor arrived in new[] { tensor(swizzled).view(paddedRows, paddedBlocks), tensor(swizzled) })
        {
            Assert.Equal(BlockScaleLayout.Swizzled, layout.Classify(arrived.shape));
            byte[] linear = layout.ToLinear(arrived).data<byte>().ToArray();
            Assert.Equal([.. Enumerable.Range(0, rows * blocks).Select(i => Value(i / blocks, i % blocks))], linear);
        }

        static byte Value(int row, int block) => (byte)((row * 31) + (block * 7) + 1);
    }

    [Fact]
    public void A_stack_is_swizzled_matrix_by_matrix()
    {
        using var scope = NewDisposeScope();
        Tensor first = randint(0, 256, [128, 4], dtype: ScalarType.Byte), second = randint(0, 256, [128, 4], dtype: ScalarType.Byte);
        Tensor both = new BlockScales(2, 10, 3).ToLinear(stack([first, second]));

        Assert.Equal([2, 10, 3], both.shape);
        BlockScales single = new(null, 10, 3);
        RandomWeights.AssertSame(both[0], single.ToLinear(first));
        RandomWeights.AssertSame(both[1], single.ToLinear(second));
    }

    [Fact]
    public void A_shape_that_padding_does_not_change_proves_nothing_and_is_taken_as_row_order()
    {
        using var scope = NewDisposeScope();
        BlockScales layout = new(null, 128, 4);
        Tensor scales = randint(0, 256, [128, 4], dtype: ScalarType.Byte);

        Assert.Equal(BlockScaleLayout.Linear, layout.Classify([128, 4]));
        Assert.Equal(BlockScaleLayout.Linear, layout.Classify([512]));
        RandomWeights.AssertSame(layout.ToLinear(scales), scales);
    }

    [Theory]
    [InlineData(100, 7)]
    [InlineData(128, 6)]
    [InlineData(6, 100)]
    [InlineData(256, 8)]
    public void Other_shapes_are_unknown(long rows, long blocks) => Assert.Null(new BlockScales(null, 100, 6).Classify([rows, blocks]));
}
