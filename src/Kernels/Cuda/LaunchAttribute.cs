using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Cuda;

/// <summary>One option of a launch: <c>CUlaunchAttribute</c>, an identifier and a union of 64 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal struct LaunchAttribute
{
    /// <summary>
    /// The kernel may begin before the one in front of it on the stream has ended (programmatic dependent launch); the kernel itself
    /// waits by <c>griddepcontrol.wait</c>. The value is 1 or 0.
    /// </summary>
    public const int ProgrammaticStreamSerialization = 6;

    [FieldOffset(0)]
    public int Id;

    /// <summary>The union's member for options that are on or off.</summary>
    [FieldOffset(8)]
    public int Value;
}
