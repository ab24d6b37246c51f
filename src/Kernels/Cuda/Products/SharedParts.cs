namespace NemotronH.Kernels.Cuda.Products;

/// <summary>
/// A matrix that all tokens take, cut into parts as large as an expert's, so that one launch multiplies by both: for the first projection the parts
/// lie one above the other, for the second side by side, and their products are added. 3-Nano's shared experts are two such parts.
/// </summary>
/// <param name="Count">Number of parts.</param>
/// <param name="AlongColumns">Whether they lie side by side.</param>
public readonly record struct SharedParts(int Count, bool AlongColumns)
{
    /// <summary>No such matrix.</summary>
    public static SharedParts None => default;

    /// <summary>How a matrix is cut.</summary>
    /// <param name="expert">Layout and size of an expert's matrix.</param>
    /// <param name="shared">Layout and size of the matrix that all tokens take.</param>
    /// <returns>The parts; <see cref="None"/> where it cannot be cut so.</returns>
    public static SharedParts Of(GemmOperand expert, GemmOperand shared)
    {
        if (expert.Layout != shared.Layout || !expert.FitsTiles)
        {
            return None;
        }

        if (expert.Columns == shared.Columns && shared.Rows % expert.Rows == 0)
        {
            return new(shared.Rows / expert.Rows, AlongColumns: false);
        }

        return expert.Rows == shared.Rows && shared.Columns % expert.Columns == 0 ? new(shared.Columns / expert.Columns, AlongColumns: true) : None;
    }

    /// <summary>Layout and size of the whole matrix.</summary>
    internal GemmOperand Whole(GemmOperand expert) =>
        AlongColumns ? expert with { Columns = Count * expert.Columns } : expert with { Rows = Count * expert.Rows };
}
