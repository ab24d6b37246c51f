namespace NemotronH.Text.Templates;

/// <summary>What goes wrong inside a template; it leaves the interpreter as a <see cref="TemplateException"/>.</summary>
/// <param name="problem">What is wrong, without naming the template or the line.</param>
internal sealed class TemplateError(string problem) : Exception(problem)
{
    /// <summary>The line at fault, or 0 as long as it is not known.</summary>
    public int Line { get; private set; }

    /// <summary>An error whose line is known.</summary>
    public static TemplateError At(int line, string problem) => new(problem) { Line = line };

    /// <summary>Notes where the error arose, if that is not known yet. An exception filter calls this, so it declines the exception.</summary>
    public bool Locate(int line)
    {
        Line = Line == 0 ? line : Line;
        return false;
    }

    /// <summary>Names the template.</summary>
    public TemplateException Leave(string origin)
    {
        string problem = string.Concat(Message.Select(character => char.IsControl(character) ? ' ' : character));
        return Line > 0
            ? new TemplateException($"{origin}: line {Line}: {problem}", Line, this)
            : new TemplateException($"{origin}: {problem}", null, this);
    }
}
