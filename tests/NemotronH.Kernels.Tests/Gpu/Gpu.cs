using NemotronH.Kernels.Cuda;
using TorchSharp;

namespace NemotronH.Kernels.Tests.Gpu;

/// <summary>The GPU of the tests that need one; they carry the trait Category=Gpu.</summary>
internal static class Gpu
{
    /// <summary>Where this variable is set, a GPU that cannot be used fails the tests instead of skipping them.</summary>
    private const string RequiredVariable = "NEMOTRONH_REQUIRE_GPU";

    /// <summary>The first GPU, made the calling thread's device; skips the test, with the reason, where none can be used.</summary>
    public static CudaContext RequireContext()
    {
        if (!CudaContext.TryFor(0, out CudaContext? context, out string? reason))
        {
            Refuse(reason);
        }

        if (!torch.cuda.is_available())
        {
            Refuse("libtorch sees no GPU.");
        }

        return context!;
    }

    private static void Refuse(string reason)
    {
        Assert.False(Environment.GetEnvironmentVariable(RequiredVariable) == "1", $"{RequiredVariable} is set, but: {reason}");
        Assert.Skip(reason);
    }
}
