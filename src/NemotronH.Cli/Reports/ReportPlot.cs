using ScottPlot;
using SkiaSharp;

namespace NemotronH.Cli.Reports;

/// <summary>A plot of a report.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Plot">What is drawn.</param>
internal sealed record ReportPlot(string Title, Plot Plot)
{
    /// <summary>Pixels to a point, so that it is sharp on fine screens.</summary>
    private const int Scale = 2;

    private static readonly string[] Fonts = ["Segoe UI", "Helvetica Neue", "Noto Sans", "DejaVu Sans", "Liberation Sans"];

    /// <summary>Width on the page.</summary>
    public int Width { get; init; } = 760;

    /// <summary>Height on the page.</summary>
    public int Height { get; init; } = 360;

    /// <summary>The plot as a PNG file.</summary>
    public byte[] ToPng()
    {
        if (Fonts.Intersect(SKFontManager.Default.FontFamilies).FirstOrDefault() is string font)
        {
            Plot.Font.Set(font);
        }

        Plot.ScaleFactor = Scale;
        return Plot.GetImage(Width * Scale, Height * Scale).GetImageBytes(ImageFormat.Png);
    }
}
