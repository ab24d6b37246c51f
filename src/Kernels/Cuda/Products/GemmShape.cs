namespace NemotronH.Kernels.Cuda.Products;

/// <summary>A weight's layout and the size of one of its matrices.</summary>
/// <param name="Layout">How it lies in memory.</param>
/// <param name="Rows">Rows N.</param>
/// <param name="Columns">Columns K.</param>
internal readonly record struct GemmShape(WeightLayout Layout, int Rows, int Columns)
{
    /// <summary>Columns of a tile as <c>weights.cuh</c> has them; 0 for a layout without tiles.</summary>
    public int TileColumns => Layout switch
    {
        WeightLayout.BFloat16 => 32,
        WeightLayout.Float8 or WeightLayout.Nvfp4Tiles => 64,
        _ => 0,
    };

    /// <summary>Whether the tensor cores can take it; else the general kernel does.</summary>
    public bool FitsTiles => TileColumns > 0 && Columns % TileColumns == 0;

    /// <summary>The shape of a weight.</summary>
    /// <param name="weight">The weight.</param>
    public static GemmShape Of(DeviceWeight weight) => new(weight.Layout, weight.Rows, weight.Columns);
}
