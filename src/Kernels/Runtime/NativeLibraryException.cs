namespace NemotronH.Kernels.Runtime;

/// <summary>A native library that is missing, does not load, or is of a version that does not fit.</summary>
public sealed class NativeLibraryException : NemotronHException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line that names the library or directory, what was found and what to do.</param>
    /// <param name="innerException">What the loader reported, if anything.</param>
    public NativeLibraryException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
