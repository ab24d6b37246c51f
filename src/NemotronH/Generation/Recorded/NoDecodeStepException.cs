namespace NemotronH.Generation.Recorded;

/// <summary>A part of a model that decode steps have no kernel for; the model's modules can run it.</summary>
/// <param name="message">One line that names the part and what is expected of it.</param>
/// <param name="innerException">What refused it, if anything.</param>
internal sealed class NoDecodeStepException(string message, Exception? innerException = null) : NemotronHException(message, innerException);
