namespace NemotronH.Kernels.Cuda;

/// <summary>What can be asked of a kernel: <c>CUfunction_attribute</c>.</summary>
internal enum FunctionAttribute
{
    MaxThreadsPerBlock = 0,
    SharedSizeBytes = 1,
    LocalSizeBytes = 3,
    NumberOfRegisters = 4,
    MaxDynamicSharedSizeBytes = 8,
}
