using NemotronH.Quantization;

namespace NemotronH.Benchmarks;

/// <summary>The prefill of one prompt.</summary>
/// <param name="Method">How NVFP4 weights were applied.</param>
/// <param name="Prompt">Tokens.</param>
/// <param name="Chunk">Most tokens of a pass.</param>
/// <param name="Time">Milliseconds until the logits are there.</param>
/// <param name="Operations">Floating-point operations of linear layers and attention.</param>
/// <param name="MatmulFraction">
/// The rate of those operations, by the median, over that of a large product of matrices in the same run.
/// </param>
public sealed record PrefillResult(Nvfp4Method Method, int Prompt, int Chunk, Measurement Time, double Operations, double MatmulFraction)
{
    /// <summary>Prompt tokens in a second, by the median.</summary>
    public double TokensPerSecond => Prompt / Time.Median * 1000;
}
