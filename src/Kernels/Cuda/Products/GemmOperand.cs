namespace NemotronH.Kernels.Cuda.Products;

/// <summary>The layout and size of weights that a product is compiled for.</summary>
/// <param name="Layout">How they lie in memory.</param>
/// <param name="Rows">Rows N of a matrix.</param>
/// <param name="Columns">Columns K.</param>
public readonly record struct GemmOperand(WeightLayout Layout, int Rows, int Columns)
{
    /// <summary>A weight as it is.</summary>
    /// <param name="weight">The weight, or one like it.</param>
    public static GemmOperand Of(DeviceWeight weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        return new(weight.Layout, weight.Rows, weight.Columns);
    }

    /// <summary>A weight after it was dequantised to bfloat16.</summary>
    /// <param name="weight">The weight as it is before.</param>
    public static GemmOperand Dequantized(DeviceWeight weight) => Of(weight) with { Layout = WeightLayout.BFloat16 };

    /// <summary>Columns of a tile as <c>weights.cuh</c> has them; 0 for a layout without tiles.</summary>
    internal int TileColumns => Layout switch
    {
        WeightLayout.BFloat16 => 32,
        WeightLayout.Float8 or WeightLayout.Nvfp4Tiles => 64,
        _ => 0,
    };

    /// <summary>Bytes of the codes of a matrix.</summary>
    internal long Bytes => (long)Rows * Columns * Layout switch
    {
        WeightLayout.BFloat16 => 16,
        WeightLayout.Float8 => 8,
        WeightLayout.Float32 => 32,
        _ => 4,
    } / 8;

    /// <summary>Whether the tensor cores can take it; else the general kernel does.</summary>
    internal bool FitsTiles => TileColumns > 0 && Columns % TileColumns == 0;
}
