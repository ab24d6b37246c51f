namespace NemotronH;

/// <summary>A prompt that has more tokens than the context holds.</summary>
/// <param name="message">How many it has, and how many are held.</param>
public sealed class PromptTooLongException(string message) : RequestException(message);
