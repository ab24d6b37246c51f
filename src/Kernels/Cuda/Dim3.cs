namespace NemotronH.Kernels.Cuda;

/// <summary>The size of a grid in blocks or of a block in threads.</summary>
/// <param name="X">The fastest dimension.</param>
/// <param name="Y">The second; at most 65,535 for a grid.</param>
/// <param name="Z">The third; at most 65,535 for a grid and 64 for a block.</param>
public readonly record struct Dim3(int X, int Y = 1, int Z = 1)
{
    /// <summary>One dimension.</summary>
    public static implicit operator Dim3(int x) => new(x);

    /// <summary>Two dimensions.</summary>
    public static implicit operator Dim3((int X, int Y) size) => new(size.X, size.Y);

    /// <summary>The three sizes, as in (132, 8, 1).</summary>
    public override string ToString() => $"({X}, {Y}, {Z})";
}
