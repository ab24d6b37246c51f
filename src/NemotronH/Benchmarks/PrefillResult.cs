using NemotronH.Quantization;

namespace NemotronH.Benchmarks;

/// <summary>The prefill of one prompt.</summary>
/// <param name="Method">How NVFP4 weights were applied.</param>
/// <param name="Prompt">Tokens.</param>
/// <param name="Time">Milliseconds until the logits are there.</param>
public sealed record PrefillResult(Nvfp4Method Method, int Prompt, Measurement Time)
{
    /// <summary>Prompt tokens in a second, by the median.</summary>
    public double TokensPerSecond => Prompt / Time.Median * 1000;
}
