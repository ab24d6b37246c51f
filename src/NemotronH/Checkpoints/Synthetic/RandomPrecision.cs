namespace NemotronH.Checkpoints.Synthetic;

/// <summary>The precision of a random checkpoint's weights.</summary>
public enum RandomPrecision
{
    /// <summary>bfloat16, as models are trained.</summary>
    BFloat16,

    /// <summary>NVFP4 for every linear layer and expert, embeddings and output head in bfloat16.</summary>
    Nvfp4,

    /// <summary>FP8 for the same modules.</summary>
    Fp8,

    /// <summary>
    /// Module by module as NVIDIA's quantised checkpoint of that shape, where its layout is known; else as the nearest relative's.
    /// </summary>
    Official,
}
