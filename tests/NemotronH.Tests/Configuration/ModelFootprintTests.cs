using FsCheck;
using FsCheck.Fluent;
using NemotronH.Checkpoints;
using NemotronH.Configuration;

namespace NemotronH.Tests.Configuration;

public sealed class ModelFootprintTests
{
    [Fact]
    public void Counts_are_those_of_the_tensors_one_by_one() => Prop.ForAll(RandomConfigs.Any.ToArbitrary(), config =>
    {
        ModelFootprint footprint = ModelFootprint.Of(config);
        PlannedTensor[] tensors = [.. ModelTensorPlan.Enumerate(config)];

        Assert.Equal(tensors.Sum(tensor => tensor.ElementCount), footprint.Parameters);
        Assert.Equal(tensors.Where(tensor => tensor.LayerKind is null).Sum(tensor => tensor.ElementCount), footprint.EmbeddingParameters);
        Assert.Equal(tensors.Where(tensor => !IsIdle(tensor, config)).Sum(tensor => tensor.ElementCount), footprint.ActiveParameters);
        foreach (LayerKind kind in Enum.GetValues<LayerKind>())
        {
            Assert.Equal(
                tensors.Where(tensor => tensor.LayerKind == kind).Sum(tensor => tensor.ElementCount),
                footprint.ParametersByKind.GetValueOrDefault(kind));
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Bytes_are_those_of_the_tensors_one_by_one() => Prop.ForAll(RandomConfigs.Any.ToArbitrary(), config =>
    {
        ModelFootprint footprint = ModelFootprint.Of(config);
        double Bytes(double perLinear) => ModelTensorPlan.Enumerate(config).Sum(tensor =>
            tensor.Role is TensorRole.LinearWeight or TensorRole.ExpertWeight ? tensor.ElementCount * perLinear : tensor.Unquantized.ByteCount);

        Assert.Equal(ModelTensorPlan.Enumerate(config).Sum(tensor => tensor.Unquantized.ByteCount), footprint.BFloat16Bytes);
        Assert.Equal(Bytes(1), footprint.Float8Bytes);
        Assert.Equal(Math.Ceiling(Bytes(0.5625)), footprint.Nvfp4Bytes);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void States_are_those_of_the_layers_one_by_one() => Prop.ForAll(RandomConfigs.Any.ToArbitrary(), config =>
    {
        ModelFootprint footprint = ModelFootprint.Of(config);
        long ssm = 0, convolution = 0, keyValue = 0;
        foreach (LayerKind kind in config.Layers)
        {
            ssm += kind == LayerKind.Mamba ? 4L * config.Mamba!.NumHeads * config.Mamba.HeadDim * config.Mamba.StateSize : 0;
            convolution += kind == LayerKind.Mamba ? 2L * config.Mamba!.ConvDim * (config.Mamba.ConvKernel - 1) : 0;
            keyValue += kind == LayerKind.Attention ? 7 * 2L * (2 * config.Attention!.NumKeyValueHeads * config.Attention.HeadDim) : 0;
        }

        Assert.Equal((ssm, convolution, keyValue), (footprint.SsmStateBytes, footprint.ConvStateBytes(2), footprint.KeyValueBytes(7, 2)));
    }).QuickCheckThrowOnFailure();

    // Experts are alike: those a token is not routed to may as well be the last.
    private static bool IsIdle(PlannedTensor tensor, NemotronHConfig config) =>
        tensor.Role == TensorRole.ExpertWeight && int.Parse(tensor.Name.Split("experts.")[1].Split('.')[0]) >= config.Moe!.TopK;
}
