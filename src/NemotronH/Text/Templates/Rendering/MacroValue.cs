using NemotronH.Text.Templates.Nodes;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Rendering;

/// <summary>A macro, or the body of a <c>call</c> block, together with the variables it was defined among.</summary>
/// <param name="definition">Name, parameters and body.</param>
/// <param name="home">Where it was defined.</param>
internal sealed class MacroValue(MacroDefinition definition, Frame home) : CallableValue
{
    public string Name => definition.Name;

    /// <inheritdoc/>
    public override string TypeName => "Macro";

    /// <summary>Finds an attribute, or <see langword="null"/>.</summary>
    public TemplateValue? FindAttribute(string name) => name switch
    {
        "name" => new StringValue(Name),
        "arguments" => new TupleValue([.. definition.Parameters.Select(parameter => new StringValue(parameter.Name))]),
        "catch_kwargs" => BooleanValue.Of(definition.TakesNamed),
        "catch_varargs" => BooleanValue.Of(definition.TakesPositional),
        "caller" => BooleanValue.Of(definition.TakesCaller),
        _ => null,
    };

    /// <summary>Renders the macro.</summary>
    /// <returns>What it prints.</returns>
    /// <inheritdoc/>
    public override TemplateValue Call(CallArguments arguments, RenderContext context)
    {
        context.Budget.EnterCall();
        Frame frame = home.Capture();
        Bind(arguments, frame);
        definition.Body.Execute(frame);
        context.Budget.LeaveCall();
        return new StringValue(frame.Output.ToString());
    }

    private void Bind(CallArguments arguments, Frame frame)
    {
        List<KeyValuePair<string, TemplateValue>> named = [.. arguments.Named];
        int given = Math.Min(arguments.Positional.Count, definition.Parameters.Count);
        for (int i = 0; i < definition.Parameters.Count; i++)
        {
            MacroParameter parameter = definition.Parameters[i];
            TemplateValue? value = i < given ? arguments.Positional[i] : TakeNamed(named, parameter.Name);
            frame.Set(parameter.Name, value ?? parameter.Default?.Evaluate(frame)
                ?? new UndefinedValue($"parameter '{parameter.Name}' was not provided"));
        }

        BindSpecial(arguments.Positional.Skip(given), named, frame);
    }

    /// <summary>Binds the variables that a macro has without declaring them, if it uses them; refuses what is left over if not.</summary>
    private void BindSpecial(IEnumerable<TemplateValue> rest, List<KeyValuePair<string, TemplateValue>> named, Frame frame)
    {
        if (definition.TakesCaller)
        {
            frame.Set("caller", TakeNamed(named, "caller") ?? new UndefinedValue("No caller defined"));
        }

        if (definition.TakesNamed)
        {
            DictValue others = new();
            named.ForEach(argument => others.Set(argument.Key, argument.Value));
            frame.Set("kwargs", others);
        }
        else if (named.Count > 0)
        {
            throw new TemplateError($"macro '{Name}' takes no keyword argument '{named[0].Key}'");
        }

        TupleValue surplus = new([.. rest]);
        if (definition.TakesPositional)
        {
            frame.Set("varargs", surplus);
        }
        else if (surplus.Items.Count > 0)
        {
            throw new TemplateError($"macro '{Name}' takes not more than {definition.Parameters.Count} argument(s)");
        }
    }

    private static TemplateValue? TakeNamed(List<KeyValuePair<string, TemplateValue>> named, string name)
    {
        int index = named.FindIndex(argument => argument.Key == name);
        if (index < 0)
        {
            return null;
        }

        TemplateValue value = named[index].Value;
        named.RemoveAt(index);
        return value;
    }
}
