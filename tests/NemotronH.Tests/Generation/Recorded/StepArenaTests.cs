using NemotronH.Generation.Recorded;
using static TorchSharp.torch;

namespace NemotronH.Tests.Generation.Recorded;

public sealed class StepArenaTests
{
    [Fact]
    public void Layers_share_what_has_the_same_shape_and_nothing_else()
    {
        using var arena = new StepArena(CPU, maxBatch: 4);

        Tensor six = arena.Take("inner", ScalarType.Float32, 4, 16, perRow: 6), eight = arena.Take("inner", ScalarType.Float32, 4, 16, perRow: 8);
        Tensor again = arena.Take("inner", ScalarType.Float32, 1, 16, perRow: 6);
        again.fill_(1);

        Assert.Equal([24L, 16L], six.shape);
        Assert.Equal([32L, 16L], eight.shape);
        Assert.Equal((6 * 16, 0), (six.sum().item<float>(), eight.sum().item<float>()));
    }
}
