namespace NemotronH.Quantization;

/// <summary>How a weight is stored, as its tensors show.</summary>
public enum WeightFormat
{
    /// <summary>Plain numbers: BF16, F16, F32 or F64.</summary>
    Unquantized,

    /// <summary>E4M3 codes and one float32 scale for the matrix.</summary>
    Fp8,

    /// <summary>NVFP4 as ModelOpt stores it: packed E2M1 codes, E4M3 block scales, a float32 factor.</summary>
    Nvfp4,

    /// <summary>NVFP4 as compressed-tensors stores it: other names, and the inverse of the factor.</summary>
    CompressedTensorsNvfp4,
}
