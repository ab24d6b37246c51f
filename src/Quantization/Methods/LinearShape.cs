namespace NemotronH.Quantization;

/// <summary>Identity and size of a linear layer.</summary>
/// <param name="Module">Canonical module name; its tensors are <c>Module.weight</c> and companions.</param>
/// <param name="OutFeatures">Rows N of the weight.</param>
/// <param name="InFeatures">Columns K of the weight.</param>
public sealed record LinearShape(string Module, int OutFeatures, int InFeatures);
