using System.Runtime.InteropServices;
using NemotronH.Kernels.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Runtime;

/// <summary>Allocations in a device's memory that name what did not fit.</summary>
public static class DeviceAllocation
{
    private const double Gibibyte = 1L << 30;

    /// <summary>Places something in a device's memory.</summary>
    /// <typeparam name="T">What becomes of it.</typeparam>
    /// <param name="device">The device.</param>
    /// <param name="what">Says what is being placed; asked where it fails.</param>
    /// <param name="advice">What would make it fit, as in "take fewer tokens".</param>
    /// <param name="place">Places it.</param>
    /// <exception cref="NemotronHException">The memory does not suffice; one line with what was being placed and how much is free.</exception>
    public static T Place<T>(Device device, Func<string> what, string advice, Func<T> place)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(what);
        ArgumentNullException.ThrowIfNull(place);
        try
        {
            return place();
        }
        catch (Exception failure) when (IsOutOfMemory(failure))
        {
            throw new NemotronHException(
                $"out of memory while placing {what()}; {FreeOn(device) / Gibibyte:0.0} GiB are free on {device}: {advice}", failure);
        }
    }

    /// <summary>Bytes that are free on a device.</summary>
    /// <param name="device">The device.</param>
    /// <exception cref="NativeLibraryException">The CUDA driver is missing or refuses.</exception>
    public static long FreeOn(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type == DeviceType.CPU ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes : DeviceMemory.Free(Math.Max(0, device.index));
    }

    private static bool IsOutOfMemory(Exception failure) => failure is ExternalException or CudaException
        && failure.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase);
}
