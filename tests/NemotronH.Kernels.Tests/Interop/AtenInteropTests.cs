using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Interop;

public sealed unsafe class AtenInteropTests
{
    [Fact]
    public void A_tensor_over_foreign_memory_aliases_it_both_ways()
    {
        float* memory = stackalloc float[6] { 1, 2, 3, 4, 5, 6 };
        using Tensor tensor = AtenInterop.FromBlob((nint)memory, [2, 3], ScalarType.Float32);

        Assert.Equal([2, 3], tensor.shape);
        Assert.True(tensor.is_contiguous());
        Assert.Equal(6f, tensor[1, 2].item<float>());
        memory[5] = 60;
        Assert.Equal(60f, tensor[1, 2].item<float>());
        tensor.mul_(2);
        Assert.Equal([2, 4, 6, 8, 10, 120], new Span<float>(memory, 6).ToArray());
        Assert.Equal((nint)memory, AtenInterop.DataPointer(tensor));
    }
}
