using System.Runtime.InteropServices;
using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Tests.Cuda;

/// <summary>Sizes and offsets as cuda.h lays them out on 64-bit systems: natural alignment, a union of 64 bytes.</summary>
public sealed unsafe class LaunchStructuresTests
{
    [Fact]
    public void A_launch_configuration_is_CUlaunchConfig()
    {
        Assert.Equal(56, sizeof(LaunchConfiguration));
        Assert.Equal(0, Offset(nameof(LaunchConfiguration.GridX)));
        Assert.Equal(8, Offset(nameof(LaunchConfiguration.GridZ)));
        Assert.Equal(12, Offset(nameof(LaunchConfiguration.BlockX)));
        Assert.Equal(20, Offset(nameof(LaunchConfiguration.BlockZ)));
        Assert.Equal(24, Offset(nameof(LaunchConfiguration.SharedBytes)));
        Assert.Equal(32, Offset(nameof(LaunchConfiguration.Stream)));
        Assert.Equal(40, Offset(nameof(LaunchConfiguration.Attributes)));
        Assert.Equal(48, Offset(nameof(LaunchConfiguration.AttributeCount)));
    }

    [Fact]
    public void A_launch_attribute_is_CUlaunchAttribute()
    {
        var attributes = stackalloc LaunchAttribute[2];
        Assert.Equal(72, sizeof(LaunchAttribute));
        Assert.Equal(0, (byte*)&attributes->Id - (byte*)attributes);
        Assert.Equal(8, (byte*)&attributes->Value - (byte*)attributes);
    }

    private static int Offset(string field) => (int)Marshal.OffsetOf<LaunchConfiguration>(field);
}
