namespace NemotronH.Quantization;

/// <summary>How FP8 linear layers are applied. Embeddings and experts in FP8 are dequantised either way.</summary>
public enum Fp8Method
{
    /// <summary>Weights are dequantised to the compute dtype; activations stay as they are.</summary>
    W8A16,

    /// <summary>Activations are quantised too, by the static <c>input_scale</c> that every FP8 linear layer must then have.</summary>
    W8A8,
}
