namespace NemotronH;

/// <summary>A failure that its message explains to the user in one line: what was wrong and what was expected.</summary>
/// <remarks>Programs print <see cref="Exception.Message"/> alone; every other exception type is a defect.</remarks>
public class NemotronHException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line that names the culprit and what was expected.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public NemotronHException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
