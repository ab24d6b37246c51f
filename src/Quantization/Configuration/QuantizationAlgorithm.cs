namespace NemotronH.Quantization;

/// <summary>What a checkpoint's config says of the model as a whole (<c>quant_algo</c>).</summary>
public enum QuantizationAlgorithm
{
    /// <summary>No weights are quantised.</summary>
    None,

    /// <summary>Quantised modules are <see cref="ModulePrecision.Fp8"/>.</summary>
    Fp8,

    /// <summary>Quantised modules are <see cref="ModulePrecision.Nvfp4"/>.</summary>
    Nvfp4,

    /// <summary>Quantised modules are <see cref="ModulePrecision.W4A16Nvfp4"/>.</summary>
    W4A16Nvfp4,

    /// <summary>Each quantised module is listed with its own algorithm.</summary>
    MixedPrecision,
}
