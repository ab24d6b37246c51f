using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

[Trait("Category", "Gpu")]
public sealed class CudaStreamTests
{
    [Fact]
    public void Guards_nest_and_give_back_the_stream_before()
    {
        CudaContext context = Gpu.RequireContext();
        using var outer = CudaStream.Create(context);
        using var inner = CudaStream.Create(context);
        nint before = TorchStreamGuard.CurrentStream(0);
        using (outer.UseForTorch())
        {
            using (inner.UseForTorch())
            {
                Assert.Equal(inner.Handle, TorchStreamGuard.CurrentStream(0));
            }

            Assert.Equal(outer.Handle, TorchStreamGuard.CurrentStream(0));
        }

        Assert.Equal(before, TorchStreamGuard.CurrentStream(0));
    }

    [Fact]
    public void A_guard_belongs_to_its_thread()
    {
        CudaContext context = Gpu.RequireContext();
        using var stream = CudaStream.Create(context);
        using IDisposable guard = stream.UseForTorch();
        nint elsewhere = stream.Handle;
        Exception? refusal = null;
        var thread = new Thread(() =>
        {
            elsewhere = TorchStreamGuard.CurrentStream(0);
            refusal = Record.Exception(guard.Dispose);
        });
        thread.Start();
        thread.Join();

        Assert.NotEqual(stream.Handle, elsewhere);
        Assert.IsType<InvalidOperationException>(refusal);
    }

    [Fact]
    public void Events_tell_when_they_were_reached()
    {
        using var gpu = GpuSession.Open();
        using var start = CudaEvent.Create(gpu.Context);
        using var end = CudaEvent.Create(gpu.Context);
        Tensor matrix = eye(2048, device: CUDA);
        start.Record(gpu.Stream);
        matrix.mm(matrix);
        end.Record(gpu.Stream);
        end.Synchronize();

        Assert.True(start.IsComplete && end.IsComplete);
        Assert.True(end.ElapsedMilliseconds(since: start) > 0);
    }

    [Fact]
    public void A_stream_that_is_gone_is_refused()
    {
        var stream = CudaStream.Create(Gpu.RequireContext());
        stream.Dispose();
        stream.Dispose();
        Assert.Throws<ObjectDisposedException>(stream.Synchronize);
    }
}
