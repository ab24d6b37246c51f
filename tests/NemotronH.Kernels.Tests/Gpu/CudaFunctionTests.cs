using NemotronH.Kernels.Cuda;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

[Trait("Category", "Gpu")]
public sealed class CudaFunctionTests
{
    [Fact]
    public void A_kernel_reads_and_writes_tensors_between_operations_of_libtorch()
    {
        using var gpu = GpuSession.Open();
        CudaFunction axpy = gpu.Kernels.Get(new KernelSource("self_test.cu"), "axpy");
        Tensor x = arange(1000, ScalarType.Float32, CUDA);
        Tensor y = full(1000, 2, ScalarType.Float32, CUDA).add_(x);
        axpy.Launch(gpu.Stream, LaunchGeometry.Blocks(1000, 128), 128, 0, programmatic: false, y, x, 0.5f, 1000);
        Tensor result = y.mul(2).cpu();

        Assert.Equal(Enumerable.Range(0, 1000).Select(index => 4 + (3f * index)), result.data<float>().ToArray());
    }

    [Fact]
    public void A_kernel_tells_its_resources()
    {
        using var gpu = GpuSession.Open();
        CudaFunction reduce = gpu.Kernel("reduce");

        Assert.Equal("reduce", reduce.Name);
        Assert.InRange(reduce.Registers, 1, 255);
        Assert.Equal(2 * 32 * sizeof(float), reduce.SharedBytes); // block_sum and block_max, a float for each of 32 warps
        Assert.Equal(0, reduce.LocalBytes);
        Assert.Equal(1024, reduce.MaxThreads);
        Assert.InRange(reduce.BlocksPerMultiprocessor(256, 0), 1, 32);
    }

    [Fact]
    public void Dynamic_shared_memory_goes_up_to_what_the_GPU_has()
    {
        using var gpu = GpuSession.Open();
        CudaFunction kernel = gpu.Kernel("fill_shared");
        Tensor result = zeros(1, dtype: ScalarType.Float32, device: CUDA);
        int most = gpu.Context.MaxSharedBytesPerBlock;
        kernel.AllowDynamicShared(most);
        kernel.Launch(gpu.Stream, 1, 32, most, programmatic: false, result, most / sizeof(float));

        Assert.Equal(7f, result.cpu().item<float>());
        var exception = Assert.Throws<CudaException>(() => kernel.AllowDynamicShared(most + 1));
        Assert.Equal(
            $"The kernel fill_shared wants {most + 1} bytes of dynamic and 0 of static shared memory; {gpu.Context} has {most} for a block.",
            exception.Message);
    }

    [Fact]
    public void A_launch_that_the_driver_refuses_says_which()
    {
        using var gpu = GpuSession.Open();
        CudaFunction kernel = gpu.Kernel("fill_shared");
        nint nowhere = 0;
        var exception = Assert.Throws<CudaException>(
            () => kernel.Launch(gpu.Stream, (1, 70_000), 2048, 0, programmatic: false, nowhere, 1));
        Assert.StartsWith(
            "CUDA failed while launching fill_shared with grid (1, 70000, 1), block (2048, 1, 1), 0 bytes of shared memory: " +
            "cuLaunchKernelEx returned CUDA_ERROR_INVALID_VALUE (1, ",
            exception.Message);
    }

    [Fact]
    public void A_wrong_number_of_arguments_is_refused()
    {
        using var gpu = GpuSession.Open();
        Assert.SkipWhen(gpu.Context.DriverVersion < new Version(12, 4), "This driver does not tell a kernel's parameters.");
        CudaFunction kernel = gpu.Kernel("fill_shared");
        var exception = Assert.Throws<ArgumentException>(() => kernel.Launch(gpu.Stream, 1, 1, 0, programmatic: false, 1));
        Assert.StartsWith("The kernel fill_shared was given 1 arguments; expected 2.", exception.Message);
    }

    [Fact]
    public void Programmatic_launches_keep_their_order()
    {
        using var gpu = GpuSession.Open();
        var chain = new ReverseChain(gpu);
        chain.Launch();
        Assert.Equal(ReverseChain.Expected(runs: 1), chain.Result());
    }

    [Fact]
    public void A_launch_allocates_nothing()
    {
        using var gpu = GpuSession.Open();
        var chain = new ReverseChain(gpu);
        chain.LaunchOnce(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int index = 0; index < 100; index++)
        {
            chain.LaunchOnce(index);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
