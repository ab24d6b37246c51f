using System.Runtime.InteropServices;
using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Runtime;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Tests.Runtime;

public sealed class DeviceAllocationTests
{
    [Fact]
    public void What_did_not_fit_is_named_with_what_is_free_and_what_would_help()
    {
        foreach (Exception failure in new Exception[] { new LibTorchFailure("CUDA out of memory. Tried to allocate"), new CudaException("cuMemHostAlloc: Out of memory") })
        {
            var told = Assert.Throws<NemotronHException>(() => DeviceAllocation.Place<int>(CPU, () => "the caches", "take fewer", () => throw failure));
            Assert.Matches(@"^out of memory while placing the caches; \d+\.\d GiB are free on cpu: take fewer$", told.Message);
            Assert.Same(failure, told.InnerException);
        }
    }

    [Fact]
    public void Other_failures_stay_what_they_are()
    {
        var failure = new LibTorchFailure("shapes do not match");
        Assert.Same(failure, Assert.Throws<LibTorchFailure>(() => DeviceAllocation.Place<int>(CPU, () => "the caches", "take fewer", () => throw failure)));
    }

    private sealed class LibTorchFailure(string message) : ExternalException(message);
}
