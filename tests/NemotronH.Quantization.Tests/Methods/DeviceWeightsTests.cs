using NemotronH.Kernels.Cuda.Products;

namespace NemotronH.Quantization.Methods;

public sealed class DeviceWeightsTests
{
    [Theory]
    [InlineData(WeightLayout.Nvfp4, 16, true)]
    [InlineData(WeightLayout.Nvfp4, 64, true)]
    [InlineData(WeightLayout.Float8, 16, true)]
    [InlineData(WeightLayout.Float8, 48, true)]
    [InlineData(WeightLayout.Float8, 8, false)]
    [InlineData(WeightLayout.Float8, 24, false)]
    [InlineData(WeightLayout.Float8, 17, false)]
    [InlineData(WeightLayout.Nvfp4Tiles, 64, false)]
    [InlineData(WeightLayout.BFloat16, 64, false)]
    [InlineData(WeightLayout.Float32, 64, false)]
    public void Quantised_weights_are_dequantised_where_their_rows_are_whole_groups_of_16(WeightLayout layout, int columns, bool expected) =>
        Assert.Equal(expected, DeviceWeights.NeedsDequantizing(new GemmOperand(layout, 32, columns)));
}
