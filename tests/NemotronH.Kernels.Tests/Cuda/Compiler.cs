using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Runtime;

namespace NemotronH.Kernels.Tests.Cuda;

/// <summary>The run-time compiler of the tests that need one but no GPU.</summary>
internal static class Compiler
{
    /// <summary>Skips the test where there is none.</summary>
    public static NvrtcDescription Require()
    {
        Assert.SkipUnless(
            NvrtcCompiler.Description is not null, $"There is no NVRTC; {NativeLibraryNames.NvrtcVariable} may name its file.");
        return NvrtcCompiler.Description!;
    }
}
