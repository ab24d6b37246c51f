using NemotronH.Text.Templates.Rendering;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Nodes;

/// <summary><c>a(...)</c>.</summary>
internal sealed class CallExpression(int line, Expression callee, ArgumentList arguments) : Expression(line)
{
    /// <summary>Calls a macro on behalf of a <c>call</c> block.</summary>
    /// <param name="frame">Where the block stands.</param>
    /// <param name="caller">The block's body.</param>
    public TemplateValue EvaluateFor(Frame frame, MacroValue caller) => Call(frame, [KeyValuePair.Create("caller", (TemplateValue)caller)]);

    /// <inheritdoc/>
    protected override TemplateValue Compute(Frame frame) => Call(frame, []);

    private TemplateValue Call(Frame frame, KeyValuePair<string, TemplateValue>[] more)
    {
        TemplateValue target = callee.Evaluate(frame);
        CallArguments given = arguments.Evaluate(frame);
        return target switch
        {
            CallableValue callable => callable.Call(given with { Named = [.. given.Named, .. more] }, frame.Context),
            UndefinedValue undefined => throw undefined.Error(),
            _ => throw new TemplateError($"'{target.TypeName}' object is not callable"),
        };
    }
}
