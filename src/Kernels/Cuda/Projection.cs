using NemotronH.Kernels.Interop;
using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>The output of one projection that several kernels read their columns of.</summary>
internal static class Projection
{
    /// <summary>Expects columns to lie within a row.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static void Check(int rowWidth, int column, int count, string what)
    {
        if (column < 0 || count <= 0 || column + count > rowWidth)
        {
            throw new ArgumentException(
                $"{what} is columns {column} to {column + count} of a row of {rowWidth}; expected them within it.", nameof(column));
        }
    }

    /// <summary>The address of a column of the first row of a float32 matrix.</summary>
    public static nint At(Tensor projected, int column) => AtenInterop.DataPointer(projected) + column * sizeof(float);
}
