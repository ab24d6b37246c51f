using NemotronH.Benchmarks;
using NemotronH.Configuration;
using NemotronH.Tests.Configuration;

namespace NemotronH.Tests.Benchmarks;

public sealed class LayerCutTests
{
    [Fact]
    public void Sizes_stay_exactly_for_the_kinds_that_are_left()
    {
        NemotronHConfig whole = KnownConfigs.Load("nemotron-h-8b"); // M-M-M-M*…

        NemotronHConfig cut = LayerCut.First(whole, 4);

        Assert.Equal([LayerKind.Mamba, LayerKind.Mlp, LayerKind.Mamba, LayerKind.Mlp], cut.Layers);
        Assert.Equal(2, cut.Mlp!.IntermediateSizes.Length);
        Assert.Equal(whole.Mamba, cut.Mamba);
        Assert.Null(cut.Attention);
        Assert.Equal(whole.Attention, LayerCut.First(whole, 8).Attention);
        Assert.Null(LayerCut.First(whole, 1).Mlp);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(53)]
    public void More_layers_than_there_are_are_refused(int layers)
    {
        var failure = Assert.Throws<NemotronHException>(() => LayerCut.First(KnownConfigs.Load("nemotron-h-8b"), layers));
        Assert.Equal($"there are no {layers} layers to run; the model has 52, expected 1 to 52", failure.Message);
    }
}
