namespace NemotronH.Quantization.Formats;

/// <summary>A matrix [N, K] in NVFP4, in the layout and under the names of ModelOpt's checkpoints.</summary>
/// <param name="Codes"><c>weight</c>: [N, K/2] bytes, two E2M1 codes each, the low nibble is the even column.</param>
/// <param name="Scales"><c>weight_scale</c>: [N, K/16] E4M3 codes.</param>
/// <param name="WeightScale2"><c>weight_scale_2</c>: the factor of the whole matrix.</param>
public sealed record Nvfp4Tensor(byte[] Codes, byte[] Scales, float WeightScale2);
