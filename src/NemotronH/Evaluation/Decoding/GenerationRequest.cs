using NemotronH.Generation;

namespace NemotronH.Evaluation.Decoding;

/// <summary>A sequence to continue.</summary>
/// <param name="PromptIds">Token ids, at least one.</param>
/// <param name="Options">When to stop.</param>
/// <param name="Sampling">How to choose tokens; seeded, or greedy.</param>
internal sealed record GenerationRequest(int[] PromptIds, GenerationOptions Options, SamplingOptions Sampling);
