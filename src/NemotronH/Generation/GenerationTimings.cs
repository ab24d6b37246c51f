namespace NemotronH.Generation;

/// <summary>How long a generation took.</summary>
/// <param name="PrefillTokens">Prompt tokens.</param>
/// <param name="Prefill">Time until the first token was chosen.</param>
/// <param name="DecodeTokens">Tokens chosen after the first.</param>
/// <param name="Decode">Time spent on them.</param>
public readonly record struct GenerationTimings(int PrefillTokens, TimeSpan Prefill, int DecodeTokens, TimeSpan Decode)
{
    /// <summary>Prompt tokens per second; 0 before the prompt is done.</summary>
    public double PrefillTokensPerSecond => Rate(PrefillTokens, Prefill);

    /// <summary>Generated tokens per second after the first; 0 where there are none.</summary>
    public double DecodeTokensPerSecond => Rate(DecodeTokens, Decode);

    private static double Rate(int tokens, TimeSpan time) => time > TimeSpan.Zero ? tokens / time.TotalSeconds : 0;
}
