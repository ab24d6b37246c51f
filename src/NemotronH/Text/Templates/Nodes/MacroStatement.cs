using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Rendering;

namespace NemotronH.Text.Templates.Nodes;

/// <summary>A parameter of a macro.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Default">Its value when it is not given; it may use the parameters before it.</param>
internal sealed record MacroParameter(string Name, Expression? Default);

/// <summary>A macro as it stands in the template.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Body">What it renders.</param>
/// <param name="UndeclaredNames">Names that the body uses; <c>caller</c>, <c>kwargs</c> and <c>varargs</c> among them make it take such arguments.</param>
internal sealed record MacroDefinition(string Name, IReadOnlyList<MacroParameter> Parameters, Block Body, IReadOnlySet<string> UndeclaredNames)
{
    public bool TakesCaller => Takes("caller");

    public bool TakesNamed => Takes("kwargs");

    public bool TakesPositional => Takes("varargs");

    private bool Takes(string name) => UndeclaredNames.Contains(name) && Parameters.All(parameter => parameter.Name != name);
}

/// <summary><c>{% macro name(...) %} ... {% endmacro %}</c>.</summary>
internal sealed class MacroStatement(int line, MacroDefinition definition) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Frame frame)
    {
        frame.Set(definition.Name, new MacroValue(definition, frame));
        return Flow.Next;
    }
}

/// <summary><c>{% call name(...) %} ... {% endcall %}</c>: calls a macro that can render the block by <c>caller()</c>.</summary>
/// <param name="line">Where it stands.</param>
/// <param name="call">The call.</param>
/// <param name="body">The block, as a macro.</param>
internal sealed class CallBlockStatement(int line, CallExpression call, MacroDefinition body) : Statement(line)
{
    /// <inheritdoc/>
    protected override Flow Run(Frame frame)
    {
        frame.Output.Write(PythonText.Str(call.EvaluateFor(frame, new MacroValue(body, frame)), frame.Context));
        return Flow.Next;
    }
}
