namespace NemotronH.Kernels.Cuda.Products;

/// <summary>How a weight lies in a GPU's memory.</summary>
public enum WeightLayout
{
    /// <summary>bfloat16, row by row.</summary>
    BFloat16,

    /// <summary>E4M3 codes, row by row, under one float32 scale a matrix.</summary>
    Float8,

    /// <summary>NVFP4 in the order of <c>repack.cu</c>: tiles of 16 rows and 64 columns, each as the tensor cores read it.</summary>
    Nvfp4Tiles,

    /// <summary>NVFP4 as checkpoints store it: two codes a byte row by row, the even column in the low bits; a block scale for each 16 columns.</summary>
    Nvfp4,

    /// <summary>float32, row by row.</summary>
    Float32,
}
