using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Runtime;

/// <summary>Tells OpenMP to let idle threads sleep, unless the user said otherwise.</summary>
/// <remarks>
/// By default GNU's OpenMP spins between the hundreds of small operations of a decode step. Where another program wants a core too, each of them
/// then waits for a scheduler's time slice: measured on two busy cores, decoding was about ten times slower than with sleeping threads. The library reads its
/// environment once, when it is loaded, and reads that of the C library, which .NET's own call does not reach.
/// </remarks>
internal static partial class OpenMpPolicy
{
    private const int KeepTheUsers = 0;

    /// <summary>Must come before libgomp is loaded.</summary>
    public static void Apply()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", KeepTheUsers);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
