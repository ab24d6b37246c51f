using System.Diagnostics;
using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Benchmarks;

/// <summary>The bandwidth of a device's memory, as a large copy of random bytes shows it: what it reads and what it writes both count.</summary>
internal static class StreamBandwidth
{
    private const long GpuBytes = 2L << 30;
    private const long CpuBytes = 128L << 20;
    private const int Copies = 10;

    /// <summary>Measures.</summary>
    /// <param name="device">The device.</param>
    /// <returns>Bytes per second; the median of ten copies.</returns>
    public static double Measure(Device device)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        bool gpu = device.type == DeviceType.CUDA;
        long bytes = Math.Min(gpu ? GpuBytes : CpuBytes, DeviceAllocation.FreeOn(device) / 4);
        Tensor from = empty([bytes / sizeof(int)], ScalarType.Int32, device).random_(0, 1 << 30), to = empty_like(from);
        double[] milliseconds = gpu ? OnGpu(from, to, device) : OnCpu(from, to);
        return 2 * bytes / (Measurement.Of(milliseconds).Median / 1000);
    }

    private static double[] OnCpu(Tensor from, Tensor to)
    {
        to.copy_(from);
        return [.. Enumerable.Range(0, Copies).Select(_ =>
        {
            long start = Stopwatch.GetTimestamp();
            to.copy_(from);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        })];
    }

    private static double[] OnGpu(Tensor from, Tensor to, Device device)
    {
        using var stream = CudaStream.Create(CudaContext.For(Math.Max(0, device.index)), joinsDefault: true);
        using IDisposable guard = stream.UseForTorch();
        to.copy_(from);
        return [.. Enumerable.Range(0, Copies).Select(_ => GpuClock.Time(stream, () => to.copy_(from)))];
    }
}
