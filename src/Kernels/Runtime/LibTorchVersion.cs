using System.Runtime.InteropServices;

namespace NemotronH.Kernels.Runtime;

/// <summary>Which libtorch versions this library accepts, and how a loaded one tells its own.</summary>
internal static class LibTorchVersion
{
    /// <summary>TorchSharp 0.107 is built for this one; older ones lack symbols that it calls.</summary>
    public static readonly Version Oldest = new(2, 10);

    private static readonly Version[] Tried = [new(2, 10), new(2, 11)];

    /// <summary>Asks a loaded torch_cpu for its version.</summary>
    /// <exception cref="NativeLibraryException">It is too old to say.</exception>
    public static unsafe Version Read(nint torchCpu, string path)
    {
        if (!NativeLibrary.TryGetExport(torchCpu, "aoti_torch_abi_version", out nint export))
        {
            throw new NativeLibraryException($"{path} is libtorch from before {Oldest}; expected {Oldest} or newer.");
        }

        return FromAbi(((delegate* unmanaged<ulong>)export)());
    }

    /// <summary>Unpacks libtorch's version number: major, minor and patch in the three highest bytes.</summary>
    public static Version FromAbi(ulong abi) => new((int)(abi >> 56), (int)((abi >> 48) & 0xFF), (int)((abi >> 40) & 0xFF));

    /// <summary>Refuses a version that cannot work.</summary>
    /// <returns>A warning for a version that nobody has tried, else null.</returns>
    /// <exception cref="NativeLibraryException">The version is too old.</exception>
    public static string? Check(Version version, string path)
    {
        if (version < Oldest)
        {
            throw new NativeLibraryException($"{path} is libtorch {version}; expected {Oldest} or newer.");
        }

        return Tried.Any(tried => tried.Major == version.Major && tried.Minor == version.Minor)
            ? null
            : $"libtorch {version} was not tried with this program; tried were {string.Join<Version>(", ", Tried)}.";
    }
}
