using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>Kernels that each need all of what the one before wrote, launched programmatically between two buffers.</summary>
internal sealed class ReverseChain
{
    private const int Count = 100_003;
    private const int Steps = 50;

    private readonly GpuSession _gpu;
    private readonly CudaFunction _reverse;
    private readonly nint _first;
    private readonly nint _second;

    public ReverseChain(GpuSession gpu)
    {
        _gpu = gpu;
        _reverse = gpu.Kernel("reverse");
        Buffers = [arange(Count, ScalarType.Int32, CUDA), empty(Count, ScalarType.Int32, CUDA)];
        (_first, _second) = (AtenInterop.DataPointer(Buffers[0]), AtenInterop.DataPointer(Buffers[1]));
    }

    public Tensor[] Buffers { get; }

    /// <summary>An even number of kernels: the result is where the beginning was.</summary>
    public void Launch()
    {
        for (int step = 0; step < Steps; step++)
        {
            LaunchOnce(step);
        }
    }

    public void LaunchOnce(int step)
    {
        (nint target, nint source) = step % 2 == 0 ? (_second, _first) : (_first, _second);
        _reverse.Launch(_gpu.Stream, LaunchGeometry.Blocks(Count, 256), 256, 0, programmatic: true, target, source, (uint)step, Count);
    }

    public int[] Result() => Buffers[0].cpu().data<int>().ToArray();

    public static int[] Expected(int runs)
    {
        int[] values = [.. Enumerable.Range(0, Count)];
        for (int step = 0; step < runs * Steps; step++)
        {
            Array.Reverse(values);
            values = Array.ConvertAll(values, value => unchecked((value * 3) + (step % Steps)));
        }

        return values;
    }
}
