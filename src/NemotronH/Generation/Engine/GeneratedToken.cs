namespace NemotronH.Generation;

/// <summary>One generated token.</summary>
/// <param name="Id">Its id; an end-of-text token is given out too.</param>
/// <param name="Text">
/// The characters that became certain with it: complete ones only, without stop strings; may be empty, and may belong to earlier tokens.
/// </param>
/// <param name="LogProb">
/// Natural logarithm of its probability by the model's logits as they are, before penalties, constraint and temperature; <see langword="null"/> unless
/// asked for.
/// </param>
/// <param name="Top">The most likely tokens at its place, most likely first; empty unless asked for.</param>
/// <param name="FinishReason">Why the generation ends with this token; <see langword="null"/> where it goes on.</param>
public sealed record GeneratedToken(int Id, string Text, float? LogProb, IReadOnlyList<TokenLogProb> Top, FinishReason? FinishReason);
