using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Mamba;

public sealed class ConvUpdateKernelTests
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
            Enumerable.Range(0, Length).Select(t => ConvUpdateReference.Compute(sequence[t].unsqueeze(0), slot, states, weight, bias));
        Numbers.AssertClose(cat([.. steps]), expected, 1e-6);
        Assert.True(states[1].equal(sequence[^(Taps - 1)..]).all().item<bool>());
        Assert.Equal(0, states[0].abs().sum().item<float>() + states[2].abs().sum().item<float>());
    }

    [Theory]
    [InlineData(6144, 10304, 4096, 4, 12)]
    [InlineData(6144, 10304, 4098, 1, 48)]
    [InlineData(70, 100, 4, 1, 1)]
    public void Blocks_cover_the_channels(int channels, int rowWidth, int column, int vector, int blocks)
    {
        var shape = new ConvUpdateShape(channels, 4, rowWidth, column);
        Assert.Equal((vector, blocks), (shape.Vector, shape.Blocks));
    }

    [Fact]
    public void A_convolution_that_the_kernel_does_not_know_is_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConvUpdateShape(8, 9, 8, 0).Source());
        var error = Assert.Throws<ArgumentException>(() => new ConvUpdateShape(8, 4, 10, 3).Source());
        Assert.Contains("the convolution's input is columns 3 to 11 of a row of 10", error.Message);
        var kernel = new ConvUpdateKernel(new ConvUpdateShape(8, 4, 8, 0), null);
        error = Assert.Throws<ArgumentException>(() => kernel.Launch(null!, 1, zeros(1, 8), zeros(1), zeros(1), zeros(1), null, zeros(1)));
        Assert.Contains("projected is Float32 [1, 8] on cpu", error.Message);
    }

    [Theory]
    [Trait("Category", "Gpu")]
    [InlineData(64, 64, 8, 128, 4, ScalarType.BFloat16, true)]
    [InlineData(64, 64, 8, 128, 4, ScalarType.Float32, false)]
    [InlineData(4, 80, 2, 48, 3, ScalarType.BFloat16, true)]
    [InlineData(3, 5, 1, 7, 2, ScalarType.Float32, true)]
    [InlineData(2, 64, 1, 16, 8, ScalarType.BFloat16, false)]
    public void The_kernel_equals_its_reference(int heads, int headDim, int groups, int state, int taps, ScalarType stateDtype, bool hasBias)
    {
        using var gpu = new KernelRun();
        var layer = new MambaInputs(heads, headDim, groups, state, taps);
        const int Rows = 5, Live = 3;
        int[] slots = [4, 0, 7, MambaInputs.Slots - 1, MambaInputs.Slots - 1, 0, 0, 0];
        Tensor projected = layer.Projected(1, slots.Length), weight = layer.ConvWeight;
        Tensor before = Numbers.Normal(7, MambaInputs.Slots, taps - 1, layer.ConvDim).to(stateDtype), after = before.clone();
        Tensor? bias = hasBias ? layer.ConvBias : null;
        Tensor expected = ConvUpdateReference.Compute(layer.ConvInput(projected)[..Live], tensor(slots[..Live]), after, weight, bias);

        var kernel = new ConvUpdateKernel(gpu.Library, layer.Conv with { StateDtype = stateDtype, HasBias = hasBias });
        Tensor states = KernelRun.Upload(before), output = KernelRun.Poisoned(ScalarType.Float32, slots.Length, layer.ConvDim);
        Tensor input = KernelRun.Upload(projected), slot = tensor(slots).cuda(), w = weight.cuda();
        Tensor? b = bias?.cuda();
        kernel.Launch(gpu.Stream, Rows, input, slot, states, w, b, output, programmatic: true);

        Numbers.AssertClose(output[..Live], expected, Numbers.Float32Tolerance);
        Numbers.AssertPoisoned(output[Rows..]);
        Assert.False(output[Live..Rows].isnan().any().item<bool>());
        Assert.True(states[..^1].cpu().equal(after[..^1]).all().item<bool>());
    }
}
