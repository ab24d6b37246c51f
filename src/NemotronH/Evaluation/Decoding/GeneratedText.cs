using NemotronH.Generation;

namespace NemotronH.Evaluation.Decoding;

/// <summary>A continuation.</summary>
/// <param name="Text">The text, without a stop string.</param>
/// <param name="Tokens">Number of tokens generated.</param>
/// <param name="FinishReason">Why it ended.</param>
internal sealed record GeneratedText(string Text, int Tokens, FinishReason FinishReason);
