using NemotronH.Text.Templates.Rendering;

namespace NemotronH.Text.Templates.Values;

/// <summary>A value that can be called.</summary>
internal abstract class CallableValue : TemplateValue
{
    /// <summary>Calls it.</summary>
    /// <param name="arguments">What stands in parentheses.</param>
    /// <param name="context">The rendering.</param>
    /// <exception cref="TemplateError">The arguments do not fit, or the called one fails.</exception>
    public abstract TemplateValue Call(CallArguments arguments, RenderContext context);
}

/// <summary>A function or method of ours.</summary>
/// <param name="name">Its name in templates.</param>
/// <param name="body">Reads the arguments and computes the result.</param>
internal sealed class FunctionValue(string name, Func<ArgumentReader, RenderContext, TemplateValue> body) : CallableValue
{
    public string Name { get; } = name;

    /// <inheritdoc/>
    public override string TypeName => "builtin_function_or_method";

    /// <inheritdoc/>
    public override TemplateValue Call(CallArguments arguments, RenderContext context)
    {
        ArgumentReader reader = new($"{Name}()", arguments);
        TemplateValue result = body(reader, context);
        reader.End();
        return result;
    }
}
