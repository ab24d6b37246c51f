namespace NemotronH.Generation;

/// <summary>How long a request took, by the clock.</summary>
/// <param name="Queued">From its submission until it was given a slot.</param>
/// <param name="Prefill">From then until its first token.</param>
/// <param name="Decode">From the first token until the last one so far.</param>
public readonly record struct EngineTimings(TimeSpan Queued, TimeSpan Prefill, TimeSpan Decode);
