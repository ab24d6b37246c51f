using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

/// <summary>What the wrappers refuse, and what they say.</summary>
public sealed class WeightContractTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Codes_whose_inner_dimension_is_not_contiguous() => AssertRefused(
        "weight of 'w' is [4, 8] with strides [1, 4]; expected a contiguous tensor.", Bytes(8, 4).t(), Bytes(4, 1), ones(1));

    [Fact]
    public void Codes_with_gaps_between_their_rows() => AssertRefused(
        "weight of 'w' is [4, 8] with strides [16, 1]; expected a contiguous tensor.", Bytes(4, 16).narrow(1, 0, 8), Bytes(4, 1), ones(1));

    [Fact]
    public void Codes_that_are_no_bytes() => AssertRefused(
        "weight of 'w' is Float32 [4, 8]; expected Byte [N, K/2] or [E, N, K/2], K a multiple of 16.", zeros([4, 8]), Bytes(4, 1), ones(1));

    [Fact]
    public void Codes_that_do_not_fill_their_blocks() => AssertRefused(
        "weight of 'w' is Byte [4, 12]; expected Byte [N, K/2] or [E, N, K/2], K a multiple of 16.", Bytes(4, 12), Bytes(4, 1), ones(1));

    [Fact]
    public void Block_scales_of_another_shape() => AssertRefused(
        "weight_scale of 'w' is Byte [4, 2]; expected Byte [4, 1], or [128, 4] where they are swizzled.", Bytes(4, 8), Bytes(4, 2), ones(1));

    [Fact]
    public void Block_scales_of_another_dtype() => AssertRefused(
        "weight_scale of 'w' is Float32 [4, 1]; expected Byte [4, 1], or [128, 4] where they are swizzled.", Bytes(4, 8), zeros([4, 1]), ones(1));

    [Fact]
    public void Block_scales_whose_inner_dimension_is_not_contiguous() => AssertRefused(
        "weight_scale of 'w' is [4, 2] with strides [1, 4]; expected a contiguous tensor.", Bytes(4, 16), Bytes(2, 4).t(), ones(1));

    [Fact]
    public void A_second_level_scale_with_the_wrong_count()
    {
        AssertRefused("weight_scale_2 of 'w' is Float32 [4]; expected Float32 with 1 element.", Bytes(4, 8), Bytes(4, 1), ones(4));
        AssertRefused("weight_scale_2 of 'w' is Float32 [2]; expected Float32 with 1 or 3 elements.", Bytes(3, 4, 8), Bytes(3, 4, 1), ones(2));
    }

    [Fact]
    public void A_second_level_scale_of_another_dtype() => AssertRefused(
        "weight_scale_2 of 'w' is BFloat16 [1]; expected Float32 with 1 element.", Bytes(4, 8), Bytes(4, 1), ones([1], ScalarType.BFloat16));

    [Fact]
    public void An_FP8_scale_for_every_row() => AssertMessage(
        "weight_scale of 'w' is Float32 [4, 1]; expected Float32 with 1 element.", () => new Fp8Weight("w", Bytes(4, 8), ones([4, 1])).Dispose());

    [Fact]
    public void FP8_codes_that_are_not_contiguous() => AssertMessage(
        "weight of 'w' is [4, 8] with strides [1, 4]; expected a contiguous tensor.", () => new Fp8Weight("w", Bytes(8, 4).t(), ones(1)).Dispose());

    [Fact]
    public void Targets_of_another_shape_dtype_or_order()
    {
        using PackedNvfp4Weight weight = new("w", Bytes(4, 8), Bytes(4, 1), ones(1));
        const string Expected = "expected contiguous Float32 or BFloat16 [4, 16].";
        AssertMessage($"The target of 'w' is Float32 [4, 15]; {Expected}", () => weight.DequantizeRows(0, zeros([4, 15])));
        AssertMessage($"The target of 'w' is Float64 [4, 16]; {Expected}", () => weight.DequantizeRows(0, zeros([4, 16], ScalarType.Float64)));
        AssertMessage($"The target of 'w' is Float32 [4, 16]; {Expected}", () => weight.DequantizeRows(0, zeros([16, 4]).t()));
    }

    [Fact]
    public void Masks_of_active_experts_that_are_no_contiguous_byte_vector_of_all_experts()
    {
        AssertMessage("mask of active experts is Byte [7]; expected Byte [8].", () => ActiveExpertMask.ActiveFirst(Bytes(7), 8, 2));
        AssertMessage("mask of active experts is Byte [8, 1]; expected Byte [8].", () => ActiveExpertMask.ActiveFirst(Bytes(8, 1), 8, 2));
        AssertMessage("mask of active experts is Bool [8]; expected Byte [8].", () => ActiveExpertMask.ActiveFirst(zeros([8], ScalarType.Bool), 8, 2));
        AssertMessage(
            "mask of active experts is [8] with strides [2]; expected a contiguous tensor.",
            () => ActiveExpertMask.ActiveFirst(Bytes(8, 2).select(1, 0), 8, 2));
    }

    private static Tensor Bytes(params long[] shape) => zeros(shape, ScalarType.Byte);

    private static void AssertRefused(string message, Tensor codes, Tensor scales, Tensor weightScale2) =>
        AssertMessage(message, () => new PackedNvfp4Weight("w", codes, scales, weightScale2).Dispose());

    private static void AssertMessage(string message, Action action) =>
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
}
