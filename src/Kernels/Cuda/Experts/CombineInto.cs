namespace NemotronH.Kernels.Cuda;

/// <summary>What becomes of the weighted sum of a token's experts.</summary>
public enum CombineInto
{
    /// <summary>It is written as bfloat16: the input of a latent mixture's projection back to the model's width.</summary>
    BFloat16,

    /// <summary>It is added to the float32 residual stream.</summary>
    Residual,
}
