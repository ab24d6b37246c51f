using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Quantizing;

/// <summary>What quantising a checkpoint came to.</summary>
/// <param name="Modules">The precision of every module that could be quantised, by canonical name.</param>
/// <param name="SourceBytes">Bytes of the tensors that were read.</param>
/// <param name="Bytes">Bytes of the tensors that were written.</param>
/// <param name="UnmatchedRules">Patterns of rules that decided about no module: not for this model, or mistyped.</param>
public sealed record QuantizationSummary(
    IReadOnlyDictionary<string, ModulePrecision> Modules, long SourceBytes, long Bytes, IReadOnlyList<string> UnmatchedRules);
