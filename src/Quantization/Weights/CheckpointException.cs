namespace NemotronH.Quantization;

/// <summary>A checkpoint whose files or tensors are not what they should be.</summary>
public sealed class CheckpointException : NemotronHException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line that names the file or tensor, what was found and what was expected.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public CheckpointException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
