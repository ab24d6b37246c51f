using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Mamba;

public sealed class ConvolutionTests
{
    [Fact]
    public void The_reference_stepped_over_a_sequence_equals_a_depthwise_convolution()
    {
        using var scope = NewDisposeScope();
        const int Channels = 6, Taps = 4, Length = 11;
        Tensor sequence = Numbers.Normal(1, Length, Channels), weight = Numbers.Normal(2, Taps, Channels), bias = Numbers.Normal(3, Channels);
        Tensor padded = nn.functional.pad(sequence.t().unsqueeze(0), [Taps - 1, 0]);
        Tensor expected = nn.functional.silu(nn.functional.conv1d(padded, weight.t().unsqueeze(1), bias, groups: Channels))[0].t();

        Tensor states = zeros(3, Taps - 1, Channels), slot = tensor(new[] { 1 });
        IEnumerable<Tensor> steps =
            Enumerable.Range(0, Length).Select(t => ConvolutionReference.Compute(sequence[t].unsqueeze(0), slot, states, weight, bias));
        Numbers.AssertClose(cat([.. steps]), expected, 1e-6);
        Assert.True(states[1].equal(sequence[^(Taps - 1)..]).all().item<bool>());
        Assert.Equal(0, states[0].abs().sum().item<float>() + states[2].abs().sum().item<float>());
    }

    [Fact]
    public void A_convolution_that_the_kernel_does_not_know_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConvolutionShape(8, 9, 8, 0).Defines());
        Refused("the convolution's input is columns 3 to 11 of a row of 10", () => new ConvolutionShape(8, 4, 10, 3).Defines());
        Refused("StateDtype is Float16", () => (new ConvolutionShape(8, 4, 10, 2) with { StateDtype = ScalarType.Float16 }).Defines());
        GemmOperand operand = new(WeightLayout.BFloat16, 8, 32);
        Refused(
            "The convolution is one of rows of 10; expected 8, and a product that is stored in float32.",
            () => _ = new Gemm(null!, operand, 1, GemmEpilogue.Store, convolution: new ConvolutionShape(8, 4, 10, 2)));
        using var scope = NewDisposeScope();
        Tensor none = zeros(1);
        Convolution convolution = new(new ConvolutionShape(8, 4, 8, 0), none, none, none, null, none);
        Refused("Slots is Float32 [1] on cpu", () => convolution.Check(1));

        static void Refused(string message, Action action) => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(action).Message);
    }

    /// <summary>The columns of the product that are not the convolution's stay a product; its input is the reference's.</summary>
    [Theory]
    [Trait("Category", "Gpu")]
    [InlineData(64, 64, 8, 128, 4, ScalarType.BFloat16, true, false, 64)]
    [InlineData(64, 64, 8, 128, 4, ScalarType.Float32, false, false, 64)]
    [InlineData(4, 80, 2, 48, 3, ScalarType.BFloat16, true, false, 96)]
    [InlineData(4, 80, 2, 48, 3, ScalarType.Float32, true, false, 40)]
    [InlineData(3, 5, 1, 7, 2, ScalarType.Float32, true, false, 32)]
    [InlineData(2, 64, 1, 16, 8, ScalarType.BFloat16, false, false, 32)]
    [InlineData(64, 64, 8, 128, 4, ScalarType.BFloat16, true, true, 64)]
    [InlineData(4, 80, 2, 48, 3, ScalarType.Float32, true, true, 40)]
    [InlineData(3, 16, 3, 24, 3, ScalarType.Float32, false, true, 48)]
    [InlineData(3, 16, 3, 24, 3, ScalarType.BFloat16, false, true, 32)]
    public void A_product_goes_through_the_convolution_as_the_reference_does(
        int heads, int headDim, int groups, int state, int taps, ScalarType stateDtype, bool hasBias, bool isProductBiased, int columns)
    {
        using var gpu = new KernelRun();
        var layer = new MambaInputs(heads, headDim, groups, state, taps);
        const int Rows = 5, Live = 3;
        int[] slots = [4, 0, 7, MambaInputs.Slots - 1, MambaInputs.Slots - 1];
        Tensor x = Numbers.Normal(1, Rows, columns).to(ScalarType.BFloat16), w = Numbers.Normal(8, layer.RowWidth, columns).to(ScalarType.BFloat16);
        Tensor before = Numbers.Normal(7, MambaInputs.Slots, taps - 1, layer.ConvDim).to(stateDtype), after = before.clone();
        Tensor product = x.to(ScalarType.Float64).matmul(w.to(ScalarType.Float64).t()).to(ScalarType.Float32);
        Tensor? bias = hasBias ? layer.ConvBias : null, productBias = isProductBiased ? Numbers.Normal(9, layer.RowWidth).to(ScalarType.BFloat16) : null;
        product = productBias is null ? product : product + productBias.to(ScalarType.Float32);
        Tensor expected = ConvolutionReference.Compute(layer.ConvInput(product)[..Live], tensor(slots[..Live]), after, layer.ConvWeight, bias);

        Tensor states = KernelRun.Upload(before), output = KernelRun.Poisoned(ScalarType.Float32, Rows, layer.ConvDim);
        Tensor y = KernelRun.Poisoned(ScalarType.Float32, Rows, layer.RowWidth);
        Convolution convolution =
            new(layer.Conv with { StateDtype = stateDtype }, tensor(slots).cuda(), states, layer.ConvWeight.cuda(), bias?.cuda(), output);
        DeviceWeight weight = DeviceWeight.Plain("weight", w.cuda());
        new Gemm(gpu.Library, GemmOperand.Of(weight), Rows, GemmEpilogue.Store, convolution: convolution.Shape)
            .Launch(gpu.Stream, weight, x.cuda(), y, productBias?.cuda(), programmatic: true, convolution: convolution);

        Numbers.AssertClose(output[..Live], expected, Numbers.Float32Tolerance);
        Assert.False(output[Live..].isnan().any().item<bool>());
        Numbers.AssertClose(y.narrow(1, 0, layer.Inner), product.narrow(1, 0, layer.Inner), Numbers.Float32Tolerance);
        Numbers.AssertClose(layer.RawTimeStep(y), layer.RawTimeStep(product), Numbers.Float32Tolerance);
        Numbers.AssertPoisoned(layer.ConvInput(y));
        double tolerance = stateDtype == ScalarType.Float32 ? Numbers.Float32Tolerance : Numbers.BFloat16Tolerance;
        Numbers.AssertClose(states[..^1].to(ScalarType.Float32), after[..^1].to(ScalarType.Float32), tolerance);
    }
}
