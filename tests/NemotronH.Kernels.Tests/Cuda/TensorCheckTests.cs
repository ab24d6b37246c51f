using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda;

public sealed class TensorCheckTests
{
    [Fact]
    public void A_tensor_on_the_CPU_is_refused_with_all_that_was_found_and_expected()
    {
        using var tensor = zeros(4, 3, dtype: ScalarType.BFloat16);
        Assert.Equal(
            "weight is BFloat16 [4, 3] on cpu, contiguous; expected BFloat16 [4, any] on cuda, contiguous. (Parameter 'weight')",
            Refusal(() => TensorCheck.Expect(tensor, "weight", ScalarType.BFloat16, 4, -1)));
    }

    [Fact]
    public void Dtype_shape_and_layout_are_in_the_message()
    {
        using var whole = zeros(5, 2, dtype: ScalarType.Float32);
        using var transposed = whole.t();
        Assert.Equal(
            "scale is Float32 [2, 5] on cpu, not contiguous; expected Byte [2, 5, 1] on cuda, contiguous. (Parameter 'scale')",
            Refusal(() => TensorCheck.Expect(transposed, "scale", ScalarType.Byte, 2, 5, 1)));
    }

    [Fact]
    public void The_dtype_without_a_name_in_TorchSharp_has_one_here()
    {
        using var tensor = zeros(1, dtype: ScalarType.Byte);
        Assert.Contains("expected Float8E4M3 [1]", Refusal(() => TensorCheck.Expect(tensor, "codes", AtenInterop.Float8E4M3, 1)));
    }

    [Fact]
    public void A_tensor_that_is_missing_is_named() =>
        Assert.Equal("residual", Assert.Throws<ArgumentNullException>(() => TensorCheck.Expect(null, "residual", ScalarType.Int32)).ParamName);

    [Fact]
    public void A_copy_takes_only_contiguous_tensors_of_the_GPU()
    {
        using var tensor = zeros(2, dtype: ScalarType.Int32);
        Assert.Equal(
            "tokens is Int32 [2] on cpu, contiguous; expected a contiguous tensor on cuda. (Parameter 'tokens')",
            Refusal(() => TensorCheck.OnGpu(tensor, "tokens")));
    }

    [Fact]
    public void A_view_that_begins_between_vectors_is_refused()
    {
        using var whole = zeros(64, dtype: ScalarType.BFloat16);
        using var shifted = whole.narrow(0, 3, 8);
        TensorCheck.Aligned(whole, "hidden", 16);
        Assert.Matches("^hidden begins at 0x[0-9a-f]*6; expected a multiple of 16 bytes\\.", Refusal(() => TensorCheck.Aligned(shifted, "hidden", 16)));
    }

    private static string Refusal(Action check) => Assert.Throws<ArgumentException>(check).Message;
}
