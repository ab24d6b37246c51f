namespace NemotronH.Evaluation.Gsm8k;

/// <summary>What is recorded of a problem.</summary>
/// <param name="Text">What the model wrote, thoughts included, up to a stop string.</param>
/// <param name="Tokens">Number of tokens generated.</param>
/// <param name="Ended">Whether the model ended its text, or a stop string did; otherwise the token limit did.</param>
/// <param name="Strict">The answer behind <c>####</c>, or <see langword="null"/>.</param>
/// <param name="Flexible">The last number, or <see langword="null"/>.</param>
/// <param name="StrictCorrect">Whether <paramref name="Strict"/> is right.</param>
/// <param name="FlexibleCorrect">Whether <paramref name="Flexible"/> is right.</param>
public sealed record Gsm8kRecord(string Text, int Tokens, bool Ended, string? Strict, string? Flexible, bool StrictCorrect, bool FlexibleCorrect);
