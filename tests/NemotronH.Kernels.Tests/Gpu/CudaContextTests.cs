using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Tests.Gpu;

[Trait("Category", "Gpu")]
public sealed class CudaContextTests
{
    [Fact]
    public void A_GPU_tells_what_it_is()
    {
        CudaContext context = Gpu.RequireContext();

        Assert.Same(context, CudaContext.For(0));
        Assert.Equal(0, context.DeviceIndex);
        Assert.NotEmpty(context.Name);
        Assert.InRange(context.MultiprocessorCount, 1, 1000);
        Assert.InRange(context.MaxSharedBytesPerBlock, 64 << 10, 1 << 20);
        Assert.InRange(context.L2Bytes, 1 << 20, 1 << 30);
        Assert.InRange(context.FreeMemory(), 1, context.TotalMemory);
        Assert.Contains($"GPU 0 ({context.Name})", context.ToString());
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_refused()
    {
        Gpu.RequireContext();
        var exception = Assert.Throws<CudaException>(() => CudaContext.For(1000));
        Assert.StartsWith("There is no GPU 1000: ", exception.Message);
    }

    [Fact]
    public void Any_thread_may_make_it_its_own()
    {
        CudaContext context = Gpu.RequireContext();
        long free = 0;
        var thread = new Thread(() => free = context.FreeMemory());
        thread.Start();
        thread.Join();
        Assert.InRange(free, 1, context.TotalMemory);
    }
}
