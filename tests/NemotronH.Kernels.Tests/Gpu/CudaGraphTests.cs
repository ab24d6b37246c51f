using System.Runtime.CompilerServices;
using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

[Trait("Category", "Gpu")]
public sealed class CudaGraphTests
{
    private const int Size = 256;

    [Fact]
    public void A_graph_of_libtorch_and_our_kernel_does_what_they_do_one_by_one()
    {
        using var gpu = GpuSession.Open();
        using var noGrad = no_grad();
        Tensor weight = randn(Size, Size, device: CUDA);
        Tensor start = randn(Size, 4, device: CUDA);
        Tensor product = empty(Size, 4, device: CUDA);
        Tensor eager = start.clone();
        Tensor replayed = start.clone();
        for (int step = 0; step < 1000; step++)
        {
            Step(gpu, weight, eager, product);
        }

        using var graph = CudaGraph.Capture(gpu.Stream, () => Step(gpu, weight, replayed, product), [weight, replayed, product]);
        Assert.Equal(start.cpu().data<float>().ToArray(), replayed.cpu().data<float>().ToArray()); // Recording runs nothing.
        using CudaGraphExec executable = graph.Instantiate();
        for (int step = 0; step < 1000; step++)
        {
            executable.Launch(gpu.Stream);
        }

        Assert.True(graph.NodeCount >= 2, $"{graph.NodeCount} nodes");
        Assert.Equal(eager.cpu().data<float>().ToArray(), replayed.cpu().data<float>().ToArray());
        Assert.NotEqual(start.cpu().data<float>().ToArray(), replayed.cpu().data<float>().ToArray());
    }

    [Fact]
    public void Programmatic_launches_keep_their_order_in_a_graph()
    {
        using var gpu = GpuSession.Open();
        var chain = new ReverseChain(gpu);
        using var graph = CudaGraph.Capture(gpu.Stream, chain.Launch, chain.Buffers);
        using CudaGraphExec executable = graph.Instantiate();
        for (int run = 0; run < 5; run++)
        {
            executable.Launch(gpu.Stream);
        }

        Assert.Equal(50, graph.NodeCount);
        Assert.Equal(ReverseChain.Expected(runs: 5), chain.Result());
    }

    [Fact]
    public void A_graph_and_what_was_made_of_it_may_be_disposed_of_in_any_order()
    {
        using var gpu = GpuSession.Open();
        Tensor counter = zeros(1, device: CUDA);
        Tensor one = ones(1, device: CUDA);
        var graph = CudaGraph.Capture(gpu.Stream, () => counter.add_(one), [counter, one]);
        CudaGraphExec first = graph.Instantiate();
        CudaGraphExec second = graph.Instantiate();
        first.Dispose();
        first.Dispose();
        graph.Dispose();
        graph.Dispose();
        second.Launch(gpu.Stream);
        second.Dispose();

        Assert.Equal(1f, counter.cpu().item<float>());
        Assert.Throws<ObjectDisposedException>(() => first.Launch(gpu.Stream));
        Assert.Throws<ObjectDisposedException>(() => second.Launch(gpu.Stream));
        Assert.Throws<ObjectDisposedException>(graph.Instantiate);
    }

    [Fact]
    public void Disposing_of_a_graph_waits_for_its_runs_even_when_their_stream_is_gone()
    {
        using var gpu = GpuSession.Open();
        Tensor counter = zeros(1, device: CUDA);
        Tensor one = ones(1, device: CUDA);
        gpu.Stream.Synchronize();
        var stream = CudaStream.Create(gpu.Context);
        var graph = CudaGraph.Capture(stream, () => counter.add_(one), [counter, one]);
        CudaGraphExec executable = graph.Instantiate();
        for (int run = 0; run < 500; run++)
        {
            executable.Launch(stream);
        }

        stream.Dispose();
        executable.Dispose();
        graph.Dispose();
        Assert.Equal(500f, counter.cpu().item<float>());
    }

    [Fact]
    public void A_tensor_of_a_live_graph_is_not_collected_and_one_of_a_dead_graph_is()
    {
        using var gpu = GpuSession.Open();
        using var buffer = PinnedBuffer.Create(gpu.Context, sizeof(float));
        (CudaGraph graph, WeakReference tensor) = RecordForgotten(gpu, buffer);
        CudaGraphExec executable = graph.Instantiate();
        graph.Dispose();
        Collect();
        Assert.True(tensor.IsAlive);

        // Had its memory been given back, this would be where it went.
        Tensor newcomer = full(1, -1, ScalarType.Float32, CUDA);
        executable.Launch(gpu.Stream);
        gpu.Stream.Synchronize();
        Assert.Equal(41f, buffer.As<float>()[0]);
        Assert.Equal(-1f, newcomer.cpu().item<float>());

        executable.Dispose();
        Collect();
        Assert.False(tensor.IsAlive);
    }

    [Fact]
    public void Work_that_cannot_be_recorded_is_named_and_the_stream_can_be_used_again()
    {
        using var gpu = GpuSession.Open();
        Tensor counter = zeros(1, device: CUDA);
        Tensor one = ones(1, device: CUDA);
        var exception = Assert.Throws<CudaException>(() => CudaGraph.Capture(gpu.Stream, gpu.Stream.Synchronize, []));

        Assert.StartsWith("A graph cannot be recorded: CUDA failed while waiting for a stream of ", exception.Message);
        Assert.Contains("CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED (900", exception.Message);
        Assert.Contains("; cuStreamEndCapture returned CUDA_ERROR_STREAM_CAPTURE_INVALIDATED (901", exception.Message);
        counter.add_(one);
        gpu.Stream.Synchronize();
        Assert.Equal(1f, counter.cpu().item<float>());
    }

    [Fact]
    public void Reading_a_value_while_recording_is_refused_and_the_stream_can_be_used_again()
    {
        using var gpu = GpuSession.Open();
        Tensor counter = zeros(1, device: CUDA);
        Tensor one = ones(1, device: CUDA);

        // Newer versions of libtorch refuse it themselves, before the driver does.
        Exception refusal = Assert.ThrowsAny<Exception>(() => CudaGraph.Capture(gpu.Stream, () => counter.item<float>(), []));
        Assert.Contains("capture", refusal.Message, StringComparison.OrdinalIgnoreCase);

        counter.add_(one);
        Assert.Equal(1f, counter.cpu().item<float>());
    }

    [Fact]
    public void What_the_recorded_code_throws_comes_out_and_the_stream_can_be_used_again()
    {
        using var gpu = GpuSession.Open();
        Tensor one = ones(1, device: CUDA);
        var exception = Assert.Throws<ArgumentException>(
            () => CudaGraph.Capture(gpu.Stream, () => TensorCheck.Expect(one, "one", ScalarType.Int32, 1), []));

        Assert.StartsWith("one is Float32 [1] on cuda:0, contiguous; expected Int32 [1] on cuda, contiguous.", exception.Message);
        gpu.Stream.Synchronize();
        using var graph = CudaGraph.Capture(gpu.Stream, () => one.add_(one), [one]);
        Assert.Equal(1, graph.NodeCount);
    }

    [Fact]
    public void Replays_allocate_nothing()
    {
        using var gpu = GpuSession.Open();
        Tensor one = ones(1, device: CUDA);
        using var graph = CudaGraph.Capture(gpu.Stream, () => one.mul_(one), [one]);
        using CudaGraphExec executable = graph.Instantiate();
        executable.Launch(gpu.Stream);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int run = 0; run < 100; run++)
        {
            executable.Launch(gpu.Stream);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    /// <summary>x += weight x / 1000: a product by libtorch, a sum by a kernel of ours.</summary>
    private static void Step(GpuSession gpu, Tensor weight, Tensor x, Tensor product)
    {
        AtenInterop.MatmulOut(weight, x, product);
        CudaFunction axpy = gpu.Kernels.Get(new KernelSource("self_test.cu"), "axpy");
        axpy.Launch(gpu.Stream, LaunchGeometry.Blocks(Size * 4, 256), 256, 0, programmatic: false, x, product, 1e-3f, Size * 4);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (CudaGraph Graph, WeakReference Tensor) RecordForgotten(GpuSession gpu, PinnedBuffer buffer)
    {
        Tensor tensor = full(1, 41, ScalarType.Float32, CUDA).DetachFromDisposeScope();
        gpu.Stream.Synchronize();
        var graph = CudaGraph.Capture(gpu.Stream, () => gpu.Stream.CopyToHost(tensor, buffer), [tensor, buffer]);
        return (graph, new WeakReference(tensor));
    }

    private static void Collect()
    {
        for (int round = 0; round < 3; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
