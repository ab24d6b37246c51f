namespace NemotronH;

/// <summary>A request that cannot be answered whoever is asked: what it holds is wrong, and asking again does not help.</summary>
/// <remarks>A server answers it with the message; every other failure while a request is answered is the server's own.</remarks>
public class RequestException : NemotronHException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line that names what is wrong with the request, and what was expected.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public RequestException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
