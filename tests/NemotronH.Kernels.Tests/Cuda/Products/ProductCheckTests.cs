using NemotronH.Kernels.Cuda.Products;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Products;

public sealed class ProductCheckTests
{
    [Fact]
    public void An_input_has_as_many_parts_as_its_product_was_made_for()
    {
        using var scope = NewDisposeScope();
        Tensor input = zeros([2, 16], ScalarType.BFloat16);
        Refused("inputLow is missing; the product was made for inputs in two parts.", () => ProductCheck.InputLow(null, input, isSplit: true, aligned: true));
        Refused("inputLow is given; the product was made for inputs in one part.", () => ProductCheck.InputLow(input, input, isSplit: false, aligned: true));
        ProductCheck.InputLow(null, input, isSplit: false, aligned: true);
        ProductCheck.InputLow(zeros_like(input), input, isSplit: true, aligned: true);
    }

    [Fact]
    public void Both_parts_lie_alike()
    {
        using var scope = NewDisposeScope();
        Tensor high = zeros([2, 16], ScalarType.BFloat16), apart = zeros([2, 32], ScalarType.BFloat16).narrow(1, 0, 16);
        Refused("inputLow's rows are 32 numbers apart; expected 16", () => ProductCheck.InputLow(apart, high, isSplit: true, aligned: true));
        Refused("outputLow's rows are 32 numbers apart; expected 16", () => ProductCheck.OutputLow(apart, high));
        Refused("inputLow is Float32 [2, 16]; expected BFloat16 [2, 16]", () => ProductCheck.InputLow(zeros(2, 16), high, isSplit: true, aligned: true));
        Refused("outputLow is BFloat16 [1, 16]; expected BFloat16 [2, 16]", () => ProductCheck.OutputLow(high[..1], high));
    }

    [Fact]
    public void A_float32_output_has_no_low_part()
    {
        using var scope = NewDisposeScope();
        Tensor output = zeros(2, 16);
        Refused(
            "outputLow is given; the output is float32, and its rounding leaves nothing.",
            () => ProductCheck.OutputLow(output.to(ScalarType.BFloat16), output));
        ProductCheck.OutputLow(null, output);
    }

    [Fact]
    public void Rows_that_are_not_on_a_GPU_are_refused()
    {
        using var scope = NewDisposeScope();
        Tensor input = zeros([2, 16], ScalarType.BFloat16);
        Refused("input is on cpu; expected cuda.", () => ProductCheck.Rows(input, "input", ScalarType.BFloat16, 2, 16, aligned: false));
        Refused("weight is BFloat16 [2, 16] on cpu, contiguous; expected a contiguous tensor on cuda.", () => DeviceWeight.Plain("weight", input));
    }

    [Fact]
    public void Rows_that_are_read_in_vectors_begin_at_multiples_of_16_bytes_whatever_their_name()
    {
        using var scope = NewDisposeScope();
        Tensor apart = zeros([2, 20], ScalarType.BFloat16).narrow(1, 0, 16), shifted = zeros([2, 32], ScalarType.BFloat16).narrow(1, 1, 16);
        foreach (Tensor rows in new[] { apart, shifted })
        {
            Refused("inputLow's rows do not begin at multiples of 16 bytes.", () => ProductCheck.InputLow(rows, rows, isSplit: true, aligned: true));
            ProductCheck.InputLow(rows, rows, isSplit: true, aligned: false);
            ProductCheck.OutputLow(rows, rows);
        }
    }

    private static void Refused(string message, Action action) => Assert.StartsWith(message, Assert.Throws<ArgumentException>(action).Message);
}
