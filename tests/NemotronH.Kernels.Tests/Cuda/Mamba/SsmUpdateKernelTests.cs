using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Kernels.Tests.Gpu;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Cuda.Mamba;

public sealed class SsmUpdateKernelTests
{
    [Fact]
    public void The_reference_equals_the_recurrence_number_by_number()
    {
        using var scope = NewDisposeScope();
        var layer = new MambaInputs(4, 3, 2, 5, 4);
        SsmUpdateShape shape = layer.Ssm with { TimeStepMin = 0.01, TimeStepMax = 0.05 };
        Tensor convolved = Numbers.Normal(1, 1, layer.ConvDim), raw = Numbers.Normal(2, 1, 4), states = Numbers.Normal(3, 2, 4, 3, 5);
        Tensor before = states[1].clone();
        Tensor y = SsmUpdateReference.Compute(shape, convolved, raw, tensor(new[] { 1 }), states, layer.A, layer.D, layer.TimeStepBias);
        float[] input = [.. convolved.data<float>()];
        for (int head = 0; head < 4; head++)
        {
            double dt = Math.Log(1 + Math.Exp(raw[0, head].item<float>() + layer.TimeStepBias[head].item<float>()));
            dt = Math.Clamp(dt, 0.01, 0.05);
            double decay = Math.Exp(dt * layer.A[head].item<float>());
            for (int row = 0; row < 3; row++)
            {
                double x = input[(head * 3) + row], dot = 0;
                for (int n = 0; n < 5; n++)
                {
                    double value = (before[head, row, n].item<float>() * decay) + (dt * x * input[12 + (head / 2 * 5) + n]);
                    Assert.Equal(value, states[1, head, row, n].item<float>(), 1e-5);
                    dot += value * input[22 + (head / 2 * 5) + n];
                }

                Assert.Equal(dot + (layer.D[head].item<float>() * x), y[0, (head * 3) + row].item<float>(), 1e-4);
            }
        }
    }

    [Theory]
    [InlineData(64, 128, 32, 8, 2)]
    [InlineData(80, 128, 32, 7, 3)]
    [InlineData(64, 256, 32, 4, 4)]
    [InlineData(64, 16, 4, 2, 1)]
    [InlineData(80, 48, 16, 5, 2)]
    [InlineData(5, 7, 8, 1, 1)]
    public void Lanes_rows_and_blocks_cover_a_head(int headDim, int state, int lanes, int rows, int blocks)
    {
        var shape = new SsmUpdateShape(8, headDim, 2, state, 100_000, 0);
        Assert.Equal((lanes, rows, blocks), (shape.Lanes, shape.RowsPerThread, shape.Blocks));
        Assert.True(blocks * rows * (SsmUpdateShape.Threads / lanes) >= headDim);
    }

    [Fact]
    public void Heads_that_the_groups_do_not_divide_are_refused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ArgumentException>(() => new SsmUpdateShape(6, 4, 4, 8, 100, 0).Source());
        Assert.Contains("6 heads are not a multiple of 4 groups", error.Message);
        var kernel = new SsmUpdateKernel(new SsmUpdateShape(2, 4, 1, 8, 100, 0), null);
        error = Assert.Throws<ArgumentException>(
            () => kernel.Launch(null!, 1, zeros(1, 24), zeros(1), zeros(1), zeros(1), zeros(1), zeros(1), zeros(1), zeros(1)));
        Assert.Contains("convolved is Float32 [1, 24] on cpu", error.Message);
    }

    [Theory]
    [Trait("Category", "Gpu")]
    [InlineData(64, 64, 8, 128, ScalarType.Float32)]
    [InlineData(16, 80, 8, 128, ScalarType.BFloat16)]
    [InlineData(8, 64, 4, 256, ScalarType.Float32)]
    [InlineData(4, 64, 2, 16, ScalarType.Float32)]
    [InlineData(4, 80, 2, 48, ScalarType.BFloat16)]
    [InlineData(3, 5, 1, 7, ScalarType.Float32)]
    [InlineData(2, 130, 1, 1, ScalarType.Float32)]
    public void The_kernel_equals_its_reference(int heads, int headDim, int groups, int state, ScalarType outputDtype)
    {
        using var gpu = new KernelRun();
        var layer = new MambaInputs(heads, headDim, groups, state, 4);
        SsmUpdateShape shape = layer.Ssm with { OutputDtype = outputDtype, TimeStepMin = 0.002, TimeStepMax = 3 };
        const int Rows = 5, Live = 3;
        int[] slots = [4, 0, 7, MambaInputs.Slots - 1, MambaInputs.Slots - 1, 0, 0, 0];
        Tensor convolved = Numbers.Normal(1, slots.Length, layer.ConvDim), projected = layer.Projected(2, slots.Length);
        projected[0].fill_(25); // softplus is linear there, and the time step is clamped.
        Tensor before = Numbers.Normal(3, MambaInputs.Slots, heads, headDim, state), after = before.to(ScalarType.Float64);
        Tensor expected = SsmUpdateReference.Compute(
            shape, convolved[..Live], layer.RawTimeStep(projected)[..Live], tensor(slots[..Live]), after, layer.A, layer.D, layer.TimeStepBias);

        var kernel = new SsmUpdateKernel(gpu.Library, shape);
        Tensor states = KernelRun.Upload(before), y = KernelRun.Poisoned(outputDtype, slots.Length, layer.Inner);
        Tensor[] inputs = [.. new[] { convolved, projected, tensor(slots), layer.A, layer.D, layer.TimeStepBias }.Select(KernelRun.Upload)];
        kernel.Launch(
            gpu.Stream, Rows, inputs[0], inputs[1], inputs[2], states, inputs[3], inputs[4], inputs[5], y, programmatic: true);

        Numbers.AssertClose(y[..Live], expected, outputDtype == ScalarType.Float32 ? Numbers.Float32Tolerance : Numbers.BFloat16Tolerance);
        Numbers.AssertPoisoned(y[Rows..]);
        Numbers.AssertClose(states[..^1], after[..^1], Numbers.Float32Tolerance);
    }

    [Fact]
    [Trait("Category", "Gpu")]
    public void A_recurrence_of_4096_tokens_does_not_drift()
    {
        using var gpu = new KernelRun();
        var layer = new MambaInputs(4, 64, 2, 128, 4);
        const int Tokens = 4096;
        Tensor slots = tensor(new[] { 2, 5 }), gpuSlots = slots.cuda();
        DeviceWeight identity = layer.Identity();
        var conv = new Gemm(gpu.Library, GemmOperand.Of(identity), 2, GemmEpilogue.Store, split: true, convolution: layer.Conv);
        var ssm = new SsmUpdateKernel(gpu.Library, layer.Ssm);
        Tensor[] parameters =
            [.. new[] { layer.ConvWeight, layer.ConvBias, layer.A, layer.D, layer.TimeStepBias }.Select(KernelRun.Upload)];
        Tensor convStates = zeros(MambaInputs.Slots, 3, layer.ConvDim), states = zeros(MambaInputs.Slots, 4, 64, 128);
        Tensor gpuConvStates = KernelRun.Upload(convStates), gpuStates = KernelRun.Upload(states);
        Tensor convolved = KernelRun.Poisoned(ScalarType.Float32, 2, layer.ConvDim), y = KernelRun.Poisoned(ScalarType.Float32, 2, layer.Inner);
        Tensor projected = layer.Projected(6, 2 * Tokens).reshape(Tokens, 2, layer.RowWidth);
        (Tensor high, Tensor low) = layer.AsInputs(projected);
        Tensor row = KernelRun.Poisoned(ScalarType.Float32, 2, layer.RowWidth);
        Convolution convolution = new(layer.Conv, gpuSlots, gpuConvStates, parameters[0], parameters[1], convolved);
        Tensor all = KernelRun.Poisoned(ScalarType.Float32, Tokens, 2, layer.Inner), reference = empty(Tokens, 2, layer.Inner);

        (Tensor High, Tensor Low)[] rows = [.. Enumerable.Range(0, Tokens).Select(t => (high[t], low[t]))];
        Tensor[] outputs = [.. Enumerable.Range(0, Tokens).Select(t => all[t])];
        for (int t = 0; t < Tokens; t++)
        {
            conv.Launch(gpu.Stream, identity, rows[t].High, row, programmatic: true, inputLow: rows[t].Low, convolution: convolution);
            ssm.Launch(
                gpu.Stream, 2, convolved, row, gpuSlots, gpuStates, parameters[2], parameters[3], parameters[4], outputs[t], programmatic: true);
        }

        Tensor weight = layer.ConvWeight, bias = layer.ConvBias, a = layer.A, d = layer.D, timeStepBias = layer.TimeStepBias;
        for (int t = 0; t < Tokens; t++)
        {
            using var step = NewDisposeScope();
            Tensor x = ConvolutionReference.Compute(layer.ConvInput(projected[t]), slots, convStates, weight, bias);
            reference[t] = SsmUpdateReference.Compute(layer.Ssm, x, layer.RawTimeStep(projected[t]), slots, states, a, d, timeStepBias);
        }

        Numbers.AssertClose(all, reference, 1e-2);
        Numbers.AssertClose(all[^64..], reference[^64..], 1e-2);
        Numbers.AssertClose(gpuStates, states, 1e-2);
    }
}
