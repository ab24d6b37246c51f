namespace NemotronH.Kernels.Cuda.Products;

/// <summary>NVFP4 weights in the order in which products read them: tiles of 16 rows and 64 columns, each 32 lanes of a warp (<c>weights.cuh</c>).</summary>
public static class Nvfp4TileOrder
{
    internal const int Rows = 16;

    private const int Columns = 64;
    private const int Threads = 256;

    /// <summary>Whether a weight's size can be cut into tiles.</summary>
    /// <param name="rows">Rows N.</param>
    /// <param name="columns">Columns K.</param>
    public static bool Fits(int rows, int columns) => rows % Rows == 0 && columns % Columns == 0;

    /// <summary>Refuses a weight of another layout, or one that cannot be cut into tiles.</summary>
    internal static void Check(DeviceWeight weight, WeightLayout layout)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.Layout != layout || !Fits(weight.Rows, weight.Columns))
        {
            throw new ArgumentException(
                $"The weight is {weight.Layout} [{weight.Rows}, {weight.Columns}]; expected {layout} with multiples of {Rows} and {Columns}.",
                nameof(weight));
        }
    }

    /// <summary>Launches a kernel with a thread for each lane of each tile of a weight, or of a bank; that number is the argument <c>lanes</c>.</summary>
    internal static void Launch(
        CudaFunction function, CudaStream stream, DeviceWeight weight, Func<KernelArgument, KernelArgument[]> arguments)
    {
        long lanes = (long)weight.Count * (weight.Rows / Rows) * (weight.Columns / Columns) * LaunchGeometry.WarpSize;
        function.Launch(stream, LaunchGeometry.Blocks(lanes, Threads), Threads, 0, programmatic: false, arguments(lanes));
    }
}
