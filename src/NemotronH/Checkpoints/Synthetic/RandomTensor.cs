using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Synthetic;

/// <summary>A tensor of a random checkpoint.</summary>
/// <param name="Stored">Its name, dtype and shape.</param>
/// <param name="Planned">The model's tensor that it is, or belongs to.</param>
/// <param name="Precision">How that one is stored.</param>
internal sealed record RandomTensor(StoredTensorInfo Stored, PlannedTensor Planned, ModulePrecision Precision);
