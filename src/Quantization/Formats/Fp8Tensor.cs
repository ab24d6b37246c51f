namespace NemotronH.Quantization.Formats;

/// <summary>A tensor in FP8 with one scale, under the names of ModelOpt's checkpoints.</summary>
/// <param name="Codes"><c>weight</c>: one E4M3 code an element.</param>
/// <param name="Scale"><c>weight_scale</c>: the factor of the whole tensor.</param>
public sealed record Fp8Tensor(byte[] Codes, float Scale);
