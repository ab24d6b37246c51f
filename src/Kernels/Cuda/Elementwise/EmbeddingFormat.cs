namespace NemotronH.Kernels.Cuda;

/// <summary>How an embedding table is held.</summary>
public enum EmbeddingFormat
{
    /// <summary>[V, H] float32.</summary>
    Float32 = 0,

    /// <summary>[V, H] bfloat16.</summary>
    BFloat16 = 1,

    /// <summary>[V, H] E4M3 codes as bytes, and one float32 factor.</summary>
    Fp8 = 2,

    /// <summary>[V, H/2] bytes of two E2M1 codes, the even column low; [V, H/16] E4M3 scales as bytes; one float32 factor.</summary>
    Nvfp4 = 3,
}
