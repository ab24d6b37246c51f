using NemotronH.Quantization;

namespace NemotronH.Checkpoints.Safetensors;

/// <summary>A tensor of a safetensors file and the place of its bytes.</summary>
/// <param name="Tensor">Name, dtype and shape.</param>
/// <param name="Begin">First byte, counted from the start of the data section.</param>
/// <param name="End">One past the last byte.</param>
internal sealed record SafetensorsEntry(StoredTensorInfo Tensor, long Begin, long End);
