namespace NemotronH.Quantization;

/// <summary>How NVFP4 weights are applied.</summary>
public enum Nvfp4Method
{
    /// <summary>They stay packed; what a step needs of them is dequantised into a buffer of the compute dtype, which plain GEMMs read.</summary>
    Dequantize,
}
