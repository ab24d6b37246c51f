namespace NemotronH.Cli.Commands;

/// <summary>What <c>quantize --json</c> prints.</summary>
/// <param name="Out">The directory.</param>
/// <param name="SourceBytes">Size of the weights that were read.</param>
/// <param name="Bytes">Size of the weights that were written, scales included.</param>
/// <param name="Modules">
/// How many modules that could be quantised have which precision: <c>nvfp4</c>, <c>fp8</c>, <c>unquantized</c>.
/// </param>
/// <param name="UnmatchedRules">Patterns of a recipe file that no module's precision comes from.</param>
internal sealed record QuantizeResult(
    string Out, long SourceBytes, long Bytes, IReadOnlyDictionary<string, int> Modules, IReadOnlyList<string> UnmatchedRules);
