using NemotronH.Kernels.Cuda.Products;

namespace NemotronH.Kernels.Tests.Cuda.Products;

public sealed class GemmExperimentTests
{
    [Fact]
    public void Nothing_is_tried_unless_it_is_asked_for()
    {
        Assert.Equal(new GemmExperiment(true, true, null), GemmExperiment.Parse(null));
        Assert.Equal(
            new GemmExperiment(false, false, new GemmTiling(2, 1, 4, 3, 6)), GemmExperiment.Parse("no-prefetch; experts=2,4,3,6 ;no-next"));
    }

    [Theory]
    [InlineData("fast")]
    [InlineData("experts=1,2")]
    [InlineData("experts=1,2,x,4")]
    [InlineData("experts=1,2,0,4")]
    public void What_is_not_known_is_refused(string text) => Assert.StartsWith(
        "NEMOTRONH_GEMM holds '", Assert.Throws<NemotronHException>(() => GemmExperiment.Parse(text)).Message);
}
