using System.Diagnostics;
using NemotronH.Kernels.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Benchmarks;

/// <summary>The rate of a large product of square matrices by libtorch, in the compute dtype: what prefill is measured against.</summary>
internal static class MatmulRate
{
    private const long GpuSize = 8192;
    private const long CpuSize = 1024;
    private const int Products = 10;

    /// <summary>Measures.</summary>
    /// <param name="device">The device.</param>
    /// <param name="dtype">The compute dtype.</param>
    /// <returns>Floating-point operations per second; the median of ten products of random numbers.</returns>
    public static double Measure(Device device, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        bool gpu = device.type == DeviceType.CUDA;
        long size = gpu ? GpuSize : CpuSize;
        Tensor left = randn([size, size], dtype, device), right = randn([size, size], dtype, device);
        double[] milliseconds = gpu ? OnGpu(left, right, device) : OnCpu(left, right);
        return 2.0 * size * size * size / (Measurement.Of(milliseconds).Median / 1000);
    }

    private static double[] OnCpu(Tensor left, Tensor right)
    {
        matmul(left, right).Dispose();
        return [.. Enumerable.Range(0, Products).Select(_ =>
        {
            long start = Stopwatch.GetTimestamp();
            matmul(left, right).Dispose();
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        })];
    }

    private static double[] OnGpu(Tensor left, Tensor right, Device device)
    {
        using var stream = CudaStream.Create(CudaContext.For(Math.Max(0, device.index)), joinsDefault: true);
        using IDisposable guard = stream.UseForTorch();
        matmul(left, right).Dispose();
        return [.. Enumerable.Range(0, Products).Select(_ => GpuClock.Time(stream, () => matmul(left, right).Dispose()))];
    }
}
