using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Runtime.Diagnostics;

/// <summary>Compiles one of our own kernels, runs it on a GPU and checks what it wrote.</summary>
internal static class KernelSelfTest
{
    private const int Count = 1000;
    private const int Threads = 256;

    /// <summary>Runs the test on one GPU. It needs the driver and NVRTC, not libtorch's CUDA half.</summary>
    /// <exception cref="NemotronHException">The GPU, the driver or the compiler does not do.</exception>
    public static RuntimeFinding Run(int deviceIndex)
    {
        var context = CudaContext.For(deviceIndex);
        CudaFunction axpy = context.Kernels.Get(new KernelSource("self_test.cu"), "axpy");
        using var stream = CudaStream.Create(context);
        using var x = PinnedBuffer.Create(context, Count * sizeof(float));
        using var y = PinnedBuffer.Create(context, Count * sizeof(float));
        for (int index = 0; index < Count; index++)
        {
            (x.As<float>()[index], y.As<float>()[index]) = (index, 1);
        }

        axpy.Launch(stream, LaunchGeometry.Blocks(Count, Threads), Threads, 0, false, y.DeviceAddress, x.DeviceAddress, 0.5f, Count);
        stream.Synchronize();
        int wrong = Enumerable.Range(0, Count).Count(index => y.As<float>()[index] != 1 + (0.5f * index));
        string free = $"{context.FreeMemory() / (double)(1 << 30):F1} GiB of GPU memory are free";
        string what = $"axpy, compiled for {context.Architecture}, is";
        return wrong == 0
            ? RuntimeFinding.Working(Component(deviceIndex), $"{what} right; {free}")
            : RuntimeFinding.Broken(Component(deviceIndex), $"{what} wrong in {wrong} of {Count} numbers; {free}");
    }

    /// <summary>What the finding is about.</summary>
    public static string Component(int deviceIndex) => $"kernels on cuda:{deviceIndex}";
}
