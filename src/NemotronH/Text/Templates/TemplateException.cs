namespace NemotronH.Text.Templates;

/// <summary>A chat template that cannot be read or does not render the given messages.</summary>
public sealed class TemplateException : NemotronHException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line that names the template, the line and the construct, or the input at fault.</param>
    /// <param name="line">The template's line at fault, counted from 1, where one is.</param>
    /// <param name="innerException">What caused it, if anything.</param>
    public TemplateException(string message, int? line = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Line = line;
    }

    /// <summary>The template's line at fault, counted from 1, or <see langword="null"/> where the fault is not the template's.</summary>
    public int? Line { get; }
}
