namespace NemotronH.Quantization;

/// <summary>How NVFP4 weights are applied.</summary>
public enum Nvfp4Method
{
    /// <summary>They stay packed; what a step needs of them is dequantised into a buffer of the compute dtype, which plain GEMMs read.</summary>
    Dequantize,

    /// <summary>
    /// They stay packed, in the order in which a GPU's tensor cores read them, and a decode step's kernels decode them in registers. Prefill
    /// dequantises them as the other method does. Needs a GPU and bfloat16.
    /// </summary>
    Fused,
}
