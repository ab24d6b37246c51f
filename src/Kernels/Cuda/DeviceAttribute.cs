namespace NemotronH.Kernels.Cuda;

/// <summary>What can be asked of a device: <c>CUdevice_attribute</c>.</summary>
internal enum DeviceAttribute
{
    MultiprocessorCount = 16,
    L2CacheSize = 38,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
    MaxSharedMemoryPerBlockOptIn = 97,
}
