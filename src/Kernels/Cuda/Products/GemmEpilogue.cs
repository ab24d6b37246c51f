namespace NemotronH.Kernels.Cuda.Products;

/// <summary>What becomes of a product.</summary>
public enum GemmEpilogue
{
    /// <summary>Stored as float32.</summary>
    Store,

    /// <summary>Stored as bfloat16.</summary>
    StoreBFloat16,

    /// <summary>max(y, 0)² stored as bfloat16: the activation between the projections of Nemotron-H's MLPs and experts.</summary>
    SquaredRelu,

    /// <summary>Added to the float32 that is there.</summary>
    Add,
}
