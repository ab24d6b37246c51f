using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>Launch geometry that the dequantising kernels share.</summary>
internal static class DequantizeGeometry
{
    /// <summary>Threads of a CTA.</summary>
    public const int Threads = 256;

    /// <summary>Groups of eight values that a CTA makes at a time.</summary>
    public const int ChunkGroups = Threads * 4;

    /// <summary>Values of a group: one 16-byte store.</summary>
    private const int GroupSize = 8;

    /// <summary>Values that share a scale in NVFP4.</summary>
    private const int BlockSize = 16;

    /// <summary>CTAs of a multiprocessor: as many as its threads allow.</summary>
    private const int BlocksPerMultiprocessor = 8;

    /// <summary>Groups of a matrix.</summary>
    public static uint Groups(long rows, long columns) => (uint)(rows * columns / GroupSize);

    /// <summary>A fixed grid: a CTA for each chunk, but no more than run at once; CTAs walk over what is active.</summary>
    public static int Grid(long matrices, uint groups, int multiprocessors) =>
        (int)Math.Min(matrices * LaunchGeometry.Blocks(groups, ChunkGroups), (long)multiprocessors * BlocksPerMultiprocessor);

    /// <summary>Checks what a matrix's sizes must be.</summary>
    /// <exception cref="ArgumentException">K is not a multiple of 16, or the matrix is too large.</exception>
    public static void Validate(Tensor target, string name)
    {
        long rows = target.size(-2), columns = target.size(-1);
        if (columns % BlockSize != 0 || rows * columns is 0 or > int.MaxValue)
        {
            throw new ArgumentException(
                $"{name} has matrices [{rows}, {columns}]; " +
                $"expected columns in multiples of {BlockSize} and 1 to {int.MaxValue} elements.",
                name);
        }
    }
}
