namespace NemotronH.Quantization;

/// <summary>Weights that cannot be quantised, or a quantisation config that is broken, unknown or contradicted by another file or by the tensors.</summary>
public sealed class QuantizationException : NemotronHException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">
    /// What names the file, field, module or tensor, what was found and what was expected; line breaks, which a hostile name may hold, become
    /// spaces.
    /// </param>
    /// <param name="innerException">What caused it, if anything.</param>
    public QuantizationException(string message, Exception? innerException = null)
        : base(message.ReplaceLineEndings(" "), innerException)
    {
    }
}
