namespace NemotronH.Evaluation;

/// <summary>A benchmark's data, options or recorded state are not what they should be.</summary>
public sealed class EvaluationException : NemotronHException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line that names file, line or option, what was found and what was expected.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public EvaluationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
