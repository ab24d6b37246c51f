using NemotronH.Quantization.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization.Methods;

public sealed class Fp8StaticLinearTests : IDisposable
{
    private const string Module = "lm_head";
    private const int Rows = 40;
    private const int Columns = 48;

    private static readonly WeightOptions W8A8 = new() { Fp8Method = Fp8Method.W8A8 };

    private readonly StoredTensors _source = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly double[,] _weight;

    public Fp8StaticLinearTests() => _weight = new RandomWeights(1).AddFp8(_source, Module, Rows, Columns);

    public void Dispose()
    {
        _scope.Dispose();
        _source.Dispose();
    }

    [Fact]
    public void Activations_are_divided_rounded_and_saturated_by_the_static_scale()
    {
        const float InputScale = 0.013f;
        _source.Add($"{Module}.input_scale", tensor(InputScale));
        using LinearMethod linear = new WeightLoader(_source, W8A8).LoadLinear(Module, Rows, Columns);
        Tensor input = new RandomWeights(2).Input(6, Columns) * 3;
        input[0, 0] = 1e6f;
        input[1, 1] = -1e6f;
        input[2, 2] = 0f;

        double[] magnitudes = [.. Enumerable.Range(0, 0x7F).Select(code => ReferenceFormat.Value(code, 4, 3, 7))];
        double[,] quantized = RandomWeights.ToDoubles(input);
        for (int t = 0; t < 6; t++)
        {
            for (int k = 0; k < Columns; k++)
            {
                float quotient = (float)quantized[t, k] / InputScale;
                quantized[t, k] = Math.CopySign(magnitudes[ReferenceFormat.Nearest(magnitudes, Math.Abs(quotient))], quotient) * InputScale;
            }
        }

        Assert.Equal("fp8", linear.Format);
        RandomWeights.AssertClose(RandomWeights.Multiply(quantized, _weight), linear.forward(input), 1e-6);
    }

    [Fact]
    public void It_is_not_what_unquantised_activations_give()
    {
        _source.Add($"{Module}.input_scale", tensor(0.013f));
        using LinearMethod w8a8 = new WeightLoader(_source, W8A8).LoadLinear(Module, Rows, Columns);
        using LinearMethod w8a16 = new WeightLoader(_source, new WeightOptions()).LoadLinear(Module, Rows, Columns);
        Tensor input = new RandomWeights(2).Input(6, Columns);
        Assert.False(w8a8.forward(input).allclose(w8a16.forward(input)));
    }

    [Fact]
    public void Without_a_static_scale_it_is_refused_by_name()
    {
        AssertMessage($"module '{Module}': tensor '{Module}.input_scale' is missing; expected a positive static scale for FP8 activations (W8A8); W8A16 needs none");
        _source.Add($"{Module}.input_scale", tensor(0f));
        AssertMessage($"module '{Module}': tensor '{Module}.input_scale' is 0; expected a positive static scale for FP8 activations (W8A8); W8A16 needs none");
        _source.Add($"{Module}.input_scale", tensor(float.PositiveInfinity));
        AssertMessage($"tensor '{Module}.input_scale' holds Infinity; expected finite numbers that are not negative");
    }

    [Fact]
    public void Applying_leaves_no_tensor_behind()
    {
        _source.Add($"{Module}.input_scale", tensor(0.5f)).Add($"{Module}.bias", ones(Rows));
        using LinearMethod linear = new WeightLoader(_source, W8A8).LoadLinear(Module, Rows, Columns);
        Tensor input = ones([3, Columns]);
        linear.forward(input).Dispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        for (int i = 0; i < 10; i++)
        {
            linear.forward(input).Dispose();
        }

        // Finalizers of other tests' tensors may still take some away.
        Assert.InRange(Tensor.TotalCount, 0, before);
    }

    private void AssertMessage(string message) =>
        Assert.Equal(message, Assert.Throws<CheckpointException>(() => new WeightLoader(_source, W8A8).LoadLinear(Module, Rows, Columns)).Message);
}
