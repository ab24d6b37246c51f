namespace NemotronH.Quantization.Formats;

public sealed class CompressedTensorsTests
{
    [Fact]
    public void The_inverse_scale_divides()
    {
        // amax 5.25: the checkpoint holds 448 · 6 / 5.25 = 512; W = 1.5 · 4 / 512.
        float weightScale2 = CompressedTensors.InvertGlobalScale(512f, "x.weight_global_scale");
        Assert.Equal(Nvfp4.WeightScale2(5.25f, Nvfp4Options.Default), weightScale2);
        float[] weights = new float[16];
        Nvfp4.Dequantize([0x03, 0, 0, 0, 0, 0, 0, 0], [0x48], weightScale2, weights);
        Assert.Equal(1.5f * 4f / 512f, weights[0]);
    }

    [Fact]
    public void A_tensor_of_zeros_has_an_infinite_inverse_scale() => Assert.Equal(0f, CompressedTensors.InvertGlobalScale(float.PositiveInfinity, "x"));

    [Theory]
    [InlineData(0f, "x.weight_global_scale is 0; expected a positive inverse scale.")]
    [InlineData(-2f, "x.weight_global_scale is -2; expected a positive inverse scale.")]
    [InlineData(float.NaN, "x.weight_global_scale is NaN; expected a positive inverse scale.")]
    [InlineData(1e-45f, "x.weight_global_scale is 1E-45; expected a positive inverse scale.")]
    public void Another_scale_is_refused_by_name(float scale, string message)
    {
        var error = Assert.Throws<QuantizationException>(() => CompressedTensors.InvertGlobalScale(scale, "x.weight_global_scale"));
        Assert.Equal(message, error.Message);
    }
}
