using NemotronH.Quantization.Methods;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Quantization.Host;

/// <summary>Products with weights in panels against sums in double precision, and against torch's form of the layers that use them.</summary>
public sealed class PanelWeightTests : IDisposable
{
    private readonly StoredTensors _source = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly RandomWeights _random = new(23);

    public void Dispose()
    {
        _scope.Dispose();
        _source.Dispose();
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 31, 3)]
    [InlineData(3, 32, 16)]
    [InlineData(4, 33, 17)]
    [InlineData(5, 64, 255)]
    [InlineData(16, 200, 64)]
    [InlineData(33, 97, 129)]
    public void A_product_equals_the_sums_in_double_precision(int rows, int outputs, int inputs)
    {
        Tensor input = _random.Input(rows, inputs), weight = _random.Input(outputs, inputs);
        using PanelWeight panels = PanelWeight.Pack(weight);

        Tensor product = panels.Multiply(input);

        Tensor expected = input.to(ScalarType.Float64).matmul(weight.to(ScalarType.Float64).t());
        Assert.Equal([rows, outputs], product.shape);
        Assert.True(allclose(expected, product.to(ScalarType.Float64), 1e-5, 1e-5));
    }

    [Fact]
    public void Rows_of_a_wider_tensor_are_multiplied_as_they_stand()
    {
        Tensor wide = _random.Input(6, 100), weight = _random.Input(40, 24);
        using PanelWeight panels = PanelWeight.Pack(weight);

        Tensor product = panels.Multiply(wide.narrow(1, 50, 24));

        Assert.True(allclose(wide.narrow(1, 50, 24).matmul(weight.t()), product, 1e-5, 1e-5));
    }

    [Fact]
    public void A_row_does_not_depend_on_those_beside_it()
    {
        Tensor input = _random.Input(7, 50), weight = _random.Input(70, 50);
        using PanelWeight panels = PanelWeight.Pack(weight);

        Tensor together = panels.Multiply(input);

        for (int row = 0; row < 7; row++)
        {
            RandomWeights.AssertSame(panels.Multiply(input.narrow(0, row, 1)), together.narrow(0, row, 1));
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(9, false)]
    [InlineData(32, true)]
    [InlineData(40, true)]
    public void A_packed_linear_layer_equals_one_that_is_not(int rows, bool bias)
    {
        _source.Add("layer.weight", _random.Input(45, 36));
        if (bias)
        {
            _source.Add("layer.bias", _random.Input(45));
        }

        using LinearMethod plain = Load(packed: false), packed = Load(packed: true);
        Tensor input = _random.Input(rows, 36);

        Assert.True(allclose(plain.forward(input), packed.forward(input), 1e-5, 1e-5));

        LinearMethod Load(bool packed) => new WeightLoader(_source, new WeightOptions { PackForFewRows = packed }).LoadLinear("layer", 45, 36);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(13, 2)]
    [InlineData(32, 6)]
    public void Experts_on_the_host_equal_those_that_torch_runs(int tokens, int topK)
    {
        const int Experts = 7, Width = 37, Inner = 50;
        Tensor[] ups = Weights(Experts, Inner, Width), downs = Weights(Experts, Width, Inner);
        using UnquantizedProjection up = UnquantizedProjection.FromExperts(ups, new WeightOptions()), down = UnquantizedProjection.FromExperts(downs, new WeightOptions());
        PanelWeight[] upPanels = Array.ConvertAll(ups, PanelWeight.Pack), downPanels = Array.ConvertAll(downs, PanelWeight.Pack);
        Tensor input = _random.Input(tokens, Width), weights = _random.Input(tokens, topK), ids = tensor(_random.Ids(tokens * topK, Experts)).view(tokens, topK);

        Tensor expected = ActiveExperts.OneByOne(input, ids, weights, up, down), actual = HostExperts.Run(input, ids, weights, upPanels, downPanels);

        Assert.True(allclose(expected, actual, 1e-4, 1e-4));
        Array.ForEach([.. upPanels, .. downPanels], panels => panels.Dispose());
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void A_packed_bank_equals_one_that_is_not_and_leaves_nothing_behind(ScalarType stored)
    {
        foreach (int expert in Enumerable.Range(0, 4))
        {
            _source.Add($"bank.{expert}.up_proj.weight", _random.Input(20, 40).to(stored));
            _source.Add($"bank.{expert}.down_proj.weight", _random.Input(40, 20).to(stored));
        }

        Tensor input = _random.Input(5, 40), weights = _random.Input(5, 2), ids = tensor(_random.Ids(10, 4)).view(5, 2);
        long before = Tensor.TotalCount;
        using (ExpertsMethod plain = Load(packed: false), packed = Load(packed: true))
        {
            using Tensor expected = plain.forward(input, ids, weights), actual = packed.forward(input, ids, weights);
            Assert.True(allclose(expected, actual, 1e-4, 1e-4));
        }

        Assert.Equal(before, Tensor.TotalCount);

        ExpertsMethod Load(bool packed) => new WeightLoader(_source, new WeightOptions { PackForFewRows = packed }).LoadExperts("bank", 4, 40, 20);
    }

    private Tensor[] Weights(int count, int rows, int columns) => [.. Enumerable.Range(0, count).Select(_ => _random.Input(rows, columns))];
}
