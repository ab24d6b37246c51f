namespace NemotronH.Checkpoints.Hub;

/// <summary>A model that cannot be fetched from a Hugging Face Hub, or a name that is none of a model there.</summary>
public sealed class HubException : NemotronHException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line that names the model, file or host, what was found and what was expected.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public HubException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the same request may succeed a little later.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>How long the server asks to be left alone, if it says.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
