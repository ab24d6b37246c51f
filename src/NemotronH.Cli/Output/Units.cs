namespace NemotronH.Cli.Output;

/// <summary>Large numbers as people read them.</summary>
internal static class Units
{
    private static readonly string[] Binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>A count, as in <c>31.58 B</c>.</summary>
    public static string Count(long count) => count switch
    {
        >= 1_000_000_000 => $"{count / 1e9:0.00} B",
        >= 1_000_000 => $"{count / 1e6:0.00} M",
        >= 10_000 => $"{count / 1e3:0.0} K",
        _ => $"{count}",
    };

    /// <summary>A number of bytes, as in <c>58.82 GiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        int unit = 0;
        double size = bytes;
        for (; size >= 1024 && unit < Binary.Length - 1; unit++)
        {
            size /= 1024;
        }

        return unit == 0 ? $"{bytes} B" : $"{size:0.00} {Binary[unit]}";
    }
}
