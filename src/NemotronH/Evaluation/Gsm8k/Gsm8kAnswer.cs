using System.Text.RegularExpressions;

namespace NemotronH.Evaluation.Gsm8k;

/// <summary>Finds the answer in a solution and compares it, as the task <c>gsm8k</c> (version 3) of lm-eval-harness does.</summary>
internal static partial class Gsm8kAnswer
{
    /// <summary>What stands for an answer that was not found.</summary>
    public const string Invalid = "[invalid]";

    /// <summary>The number behind the first <c>#### </c>, the filter <c>strict-match</c>; <see langword="null"/> where there is none.</summary>
    public static string? ExtractStrict(string text) => StrictPattern().Match(text) is { Success: true } match ? match.Groups[1].Value : null;

    /// <summary>
    /// The last number, the filter <c>flexible-extract</c>; <see langword="null"/> where there is none. Two or more of digits, dots, commas and
    /// dollar signs count as one, an ellipsis too.
    /// </summary>
    public static string? ExtractFlexible(string text) => FlexiblePattern().Matches(text).LastOrDefault()?.Value;

    /// <summary>A solution's answer, or an extracted number, as they are compared: without commas, dollar signs and a dot at the end.</summary>
    public static string Normalize(string text) =>
        TrailingDot().Replace(Lead().Replace(text.Replace(",", "").Replace("$", ""), ""), "").ToLowerInvariant();

    /// <summary>Whether an extracted answer is that of a solution.</summary>
    /// <param name="extracted">What was found; <see langword="null"/> is never right.</param>
    /// <param name="solution">The published solution.</param>
    public static bool IsCorrect(string? extracted, string solution) => Normalize(extracted ?? Invalid) == Normalize(solution);

    [GeneratedRegex(@"#### (-?[0-9.,]+)")]
    private static partial Regex StrictPattern();

    [GeneratedRegex(@"-?[$0-9.,]{2,}|-?[0-9]+")]
    private static partial Regex FlexiblePattern();

    [GeneratedRegex("^.*#### ", RegexOptions.Singleline)]
    private static partial Regex Lead();

    [GeneratedRegex(@"\.$")]
    private static partial Regex TrailingDot();
}
