using System.Globalization;

namespace NemotronH.Cli.Options;

/// <summary>Sizes as people write them: <c>5GB</c>, <c>512MiB</c>, <c>1000000</c>.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("B", 1), ("", 1),
    ];

    /// <summary>Reads a size.</summary>
    /// <returns>Bytes, at least 1; <see langword="null"/> where the text is no size.</returns>
    public static long? Parse(string text)
    {
        (string suffix, long unit) = Units.First(unit => text.EndsWith(unit.Suffix, StringComparison.OrdinalIgnoreCase));
        return decimal.TryParse(text[..^suffix.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal count)
            && count * unit is >= 1 and <= long.MaxValue
            ? (long)(count * unit)
            : null;
    }
}
