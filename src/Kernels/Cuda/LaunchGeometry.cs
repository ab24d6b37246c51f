namespace NemotronH.Kernels.Cuda;

/// <summary>Arithmetic of grids and blocks.</summary>
internal static class LaunchGeometry
{
    /// <summary>The threads of a warp.</summary>
    public const int WarpSize = 32;

    /// <summary>The most threads of a block.</summary>
    public const int MaxThreads = 1024;

    /// <summary>The blocks it takes to cover some items: the quotient rounded up.</summary>
    /// <param name="items">The items, at least 0.</param>
    /// <param name="itemsPerBlock">What one block does, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is out of range, or no grid has so many blocks.</exception>
    public static int Blocks(long items, long itemsPerBlock)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(items);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(itemsPerBlock);
        long blocks = items / itemsPerBlock + (items % itemsPerBlock == 0 ? 0 : 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blocks, int.MaxValue, nameof(items));
        return (int)blocks;
    }

    /// <summary>The next multiple.</summary>
    public static int RoundUp(int value, int multiple) => checked(Blocks(value, multiple) * multiple);

    /// <summary>Threads for a block that loops over some items: whole warps, as many as there are items up to a limit.</summary>
    public static int Threads(long items, int limit = MaxThreads) =>
        (int)Math.Clamp(items + WarpSize - 1 - (items + WarpSize - 1) % WarpSize, WarpSize, limit);
}
