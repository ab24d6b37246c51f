using NemotronH.Text.Templates.Builtins;
using NemotronH.Text.Templates.Nodes;
using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Syntax;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates;

/// <summary>A Jinja2 template, as transformers compiles chat templates.</summary>
/// <remarks>
/// That is <c>ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)</c> with the extension <c>loopcontrols</c>, the tag
/// <c>generation</c>, a <c>tojson</c> that leaves HTML alone, and the functions <c>raise_exception</c> and <c>strftime_now</c>. Thread-safe.
/// </remarks>
internal sealed class Template
{
    private readonly string _origin;
    private readonly Block _body;

    private Template(string origin, Block body)
    {
        _origin = origin;
        _body = body;
    }

    /// <summary>Parses a template.</summary>
    /// <param name="source">Its text.</param>
    /// <param name="origin">Its name, for messages.</param>
    /// <exception cref="TemplateException">It is malformed, or uses what is not supported; the message names the line.</exception>
    public static Template Parse(string source, string origin)
    {
        try
        {
            return new(origin, StatementParser.Parse(source));
        }
        catch (TemplateError error)
        {
            throw error.Leave(origin);
        }
    }

    /// <summary>Renders the template.</summary>
    /// <param name="variables">What it sees.</param>
    /// <param name="options">Limits and clock.</param>
    /// <exception cref="TemplateException">It fails; the message names the line.</exception>
    public string Render(IEnumerable<KeyValuePair<string, TemplateValue>> variables, TemplateOptions options)
    {
        Frame frame = Frame.Root(new RenderContext(options));
        foreach (FunctionValue function in GlobalFunctions.All)
        {
            frame.Set(function.Name, function);
        }

        foreach ((string name, TemplateValue value) in variables)
        {
            frame.Set(name, value);
        }

        try
        {
            _body.Execute(frame);
        }
        catch (TemplateError error)
        {
            throw error.Leave(_origin);
        }

        return frame.Output.ToString();
    }
}
