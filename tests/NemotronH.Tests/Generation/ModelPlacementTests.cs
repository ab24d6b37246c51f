using NemotronH.Generation;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation;

public sealed class ModelPlacementTests
{
    private const long Gibibyte = 1L << 30;

    [Fact]
    public void A_model_larger_than_a_GPU_is_refused_with_what_it_needs_and_what_there_is()
    {
        var placement = new ModelPlacement(CPU, "take a smaller model");

        var failure = Assert.Throws<NemotronHException>(() => placement.VerifyFit("ultra", 300 * Gibibyte, 12 * Gibibyte, 140 * Gibibyte, 139 * Gibibyte));

        Assert.Equal(
            "'ultra' does not fit on cpu: weights of 300.0 GiB and caches of 12.0 GiB; it has 140.0 GiB, 139.0 GiB of them free: take a smaller model",
            failure.Message);
    }

    [Fact]
    public void What_is_taken_now_may_be_free_once_it_is_needed() =>
        new ModelPlacement(CPU, "").VerifyFit("nano", 100 * Gibibyte, 40 * Gibibyte, 140 * Gibibyte, Gibibyte);
}
