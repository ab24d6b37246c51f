namespace NemotronH.Quantization;

/// <summary>The format a module's weights are stored in.</summary>
public enum ModulePrecision
{
    /// <summary>Plain floating-point numbers: bfloat16, or float32 for routers.</summary>
    Unquantized,

    /// <summary>E4M3 codes with one scale per tensor.</summary>
    Fp8,

    /// <summary>NVFP4 weights, labelled for 4-bit activations (W4A4).</summary>
    Nvfp4,

    /// <summary>NVFP4 weights, labelled for 16-bit activations: the same tensors as <see cref="Nvfp4"/>, less <c>input_scale</c>.</summary>
    W4A16Nvfp4,
}
