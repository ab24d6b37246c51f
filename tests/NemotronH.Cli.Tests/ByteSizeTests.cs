using NemotronH.Cli.Options;
using NemotronH.Cli.Output;

namespace NemotronH.Cli.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("1", 1L)]
    [InlineData("17B", 17L)]
    [InlineData("5GB", 5_000_000_000L)]
    [InlineData("1.5 MB", null)]
    [InlineData("1.5MB", 1_500_000L)]
    [InlineData("2gib", 2L << 30)]
    [InlineData("500kb", 500_000L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("9223372036854775808", null)]
    [InlineData("99999999999999999999999999999TB", null)]
    [InlineData("0", null)]
    [InlineData("-1", null)]
    [InlineData("GB", null)]
    [InlineData("", null)]
    [InlineData("1,000", null)]
    public void Sizes_are_read_as_people_write_them(string text, long? bytes) => Assert.Equal(bytes, ByteSize.Parse(text));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.00 KiB")]
    [InlineData(19_339_781_632, "18.01 GiB")]
    public void Bytes_are_written_in_binary_units(long bytes, string text) => Assert.Equal(text, Units.Bytes(bytes));

    [Theory]
    [InlineData(9_999, "9999")]
    [InlineData(10_000, "10.0 K")]
    [InlineData(31_577_940_288, "31.58 B")]
    [InlineData(7_400_000, "7.40 M")]
    public void Counts_are_written_in_decimal_units(long count, string text) => Assert.Equal(text, Units.Count(count));
}
