namespace NemotronH.Configuration;

/// <summary>A configuration file that is missing, is not JSON, or describes no model this library can run.</summary>
public sealed class ConfigurationException : NemotronHException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line that names the file and the field, what was found and what was expected.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public ConfigurationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
