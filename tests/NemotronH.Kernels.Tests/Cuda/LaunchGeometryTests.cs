using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using NemotronH.Kernels.Cuda;

namespace NemotronH.Kernels.Tests.Cuda;

public sealed class LaunchGeometryTests
{
    [Fact]
    public void Blocks_cover_all_items_and_one_block_fewer_does_not() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Choose(1, 5000).ToArbitrary(), (items, perBlock) =>
        {
            BigInteger blocks = LaunchGeometry.Blocks(items, perBlock);
            return blocks * perBlock >= items && (blocks == 0 || (blocks - 1) * perBlock < items);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Blocks_do_not_overflow_near_the_largest_number_of_items()
    {
        Assert.Equal(int.MaxValue, LaunchGeometry.Blocks(int.MaxValue, 1));
        Assert.Equal(2, LaunchGeometry.Blocks(long.MaxValue, long.MaxValue - 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => LaunchGeometry.Blocks(int.MaxValue + 1L, 1));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(1, 0)]
    [InlineData(1, -4)]
    public void Counts_that_make_no_sense_are_refused(long items, long perBlock) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LaunchGeometry.Blocks(items, perBlock));

    [Theory]
    [InlineData(0, 16, 0)]
    [InlineData(1, 16, 16)]
    [InlineData(16, 16, 16)]
    [InlineData(17, 16, 32)]
    public void Rounding_up_ends_at_a_multiple(int value, int multiple, int expected) =>
        Assert.Equal(expected, LaunchGeometry.RoundUp(value, multiple));

    [Theory]
    [InlineData(0, 32)]
    [InlineData(1, 32)]
    [InlineData(32, 32)]
    [InlineData(33, 64)]
    [InlineData(1000, 1024)]
    [InlineData(long.MaxValue / 2, 1024)]
    public void Threads_are_whole_warps_up_to_the_limit(long items, int expected) => Assert.Equal(expected, LaunchGeometry.Threads(items));

    [Fact]
    public void A_limit_on_threads_holds() => Assert.Equal(256, LaunchGeometry.Threads(257, 256));
}
