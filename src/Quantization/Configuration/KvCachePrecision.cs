namespace NemotronH.Quantization;

/// <summary>What a checkpoint's config says of the attention KV cache.</summary>
public enum KvCachePrecision
{
    /// <summary>Nothing: keys and values stay in the compute dtype.</summary>
    Unquantized,

    /// <summary>E4M3 codes, scaled by <c>k_scale</c> and <c>v_scale</c> (1 where the checkpoint has none).</summary>
    Fp8,
}
