namespace NemotronH.Text;

/// <summary>A tokenizer whose files cannot be used, or text that it has no tokens for.</summary>
public sealed class TokenizerException : NemotronHException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line that names the file and field, what was found and what was expected.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public TokenizerException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
