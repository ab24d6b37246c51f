using static TorchSharp.torch;

namespace NemotronH.Kernels.Cuda;

/// <summary>The contract of tensors with a row for each sequence of a decode step, of which a launch uses the first.</summary>
internal static class RowCheck
{
    /// <summary>The most rows of a launch: what the second and third dimension of a grid hold.</summary>
    public const int MaxRows = 65535;

    /// <summary>Expects a sensible number of rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are none, or more than a grid holds.</exception>
    public static void Count(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, MaxRows);
    }

    /// <summary>Expects a vector with a number for each row.</summary>
    /// <exception cref="ArgumentException">It is something else, or too short.</exception>
    public static void Expect(Tensor tensor, string name, ScalarType dtype, int rows)
    {
        TensorCheck.Expect(tensor, name, dtype, TensorCheck.Any);
        Enough(tensor, name, rows);
    }

    /// <summary>Expects a matrix with at least the given rows, each of the given width, aligned for a kernel's vectors.</summary>
    /// <param name="tensor">The matrix.</param>
    /// <param name="name">The parameter's name.</param>
    /// <param name="dtype">The element type.</param>
    /// <param name="rows">The rows that the launch uses.</param>
    /// <param name="width">The elements of a row.</param>
    /// <param name="vector">The elements that the kernel reads or writes at once.</param>
    /// <exception cref="ArgumentException">It is something else, or has too few rows.</exception>
    public static void Expect(Tensor tensor, string name, ScalarType dtype, int rows, long width, int vector)
    {
        TensorCheck.Expect(tensor, name, dtype, TensorCheck.Any, width);
        Enough(tensor, name, rows);
        TensorCheck.Aligned(tensor, name, vector * (int)tensor.ElementSize);
    }

    private static void Enough(Tensor tensor, string name, int rows)
    {
        if (tensor.size(0) < rows)
        {
            throw new ArgumentException($"{name} has {tensor.size(0)} rows; expected at least {rows}.", name);
        }
    }
}
