namespace NemotronH.Generation;

/// <summary>An <see cref="InferenceEngine"/> takes no request now: its queue is full, or it is being drained.</summary>
/// <param name="message">What is wrong.</param>
public sealed class EngineBusyException(string message) : NemotronHException(message);
