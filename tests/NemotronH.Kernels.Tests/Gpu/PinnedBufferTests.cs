using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

[Trait("Category", "Gpu")]
public sealed class PinnedBufferTests
{
    [Fact]
    public void Numbers_go_to_the_GPU_and_back()
    {
        using var gpu = GpuSession.Open();
        using var buffer = PinnedBuffer.Create(gpu.Context, 16 * sizeof(int));
        Assert.All(buffer.As<int>().ToArray(), value => Assert.Equal(0, value));
        Tensor tensor = zeros(4, dtype: ScalarType.Int32, device: CUDA);
        new[] { 1, 2, 3, 4 }.CopyTo(buffer.As<int>()[4..]);
        gpu.Stream.CopyToDevice(buffer, tensor, sourceOffset: 16);
        tensor.mul_(10);
        gpu.Stream.CopyToHost(tensor, buffer, destinationOffset: 48);
        gpu.Stream.Synchronize();

        Assert.Equal([0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 10, 20, 30, 40], buffer.As<int>().ToArray());
    }

    [Fact]
    public void A_kernel_writes_straight_into_it()
    {
        using var gpu = GpuSession.Open();
        using var buffer = PinnedBuffer.Create(gpu.Context, sizeof(float));
        gpu.Kernel("fill_shared").Launch(gpu.Stream, 1, 32, 256, programmatic: false, buffer.DeviceAddress, 64);
        gpu.Stream.Synchronize();
        Assert.Equal(7f, buffer.As<float>()[0]);
    }

    [Fact]
    public void A_fill_sets_every_byte()
    {
        using var gpu = GpuSession.Open();
        Tensor tensor = zeros(5, dtype: ScalarType.Float32, device: CUDA);
        gpu.Stream.Fill(tensor, 0xFF);
        Assert.All(tensor.cpu().data<float>().ToArray(), value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var gpu = GpuSession.Open();
        using var buffer = PinnedBuffer.Create(gpu.Context, 8);
        Tensor tensor = zeros(2, dtype: ScalarType.Float32, device: CUDA);
        var exception = Assert.Throws<ArgumentException>(() => gpu.Stream.CopyToHost(tensor, buffer, destinationOffset: 4));
        Assert.StartsWith("8 bytes at offset 4 are not within the buffer's 8.", exception.Message);
        Assert.Throws<ArgumentException>(() => gpu.Stream.CopyToDevice(buffer, tensor, sourceOffset: -4));
    }

    [Fact]
    public void Memory_that_is_gone_is_refused()
    {
        var buffer = PinnedBuffer.Create(Gpu.RequireContext(), 8);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.As<int>());
    }
}
