using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Rendering;

/// <summary>Where a part of a template runs: the variables it sees and where it prints.</summary>
/// <remarks>
/// Loops, macros and captured blocks open frames of their own, so what is set inside them is not seen outside; <c>if</c> does not. A macro keeps the
/// frame in which it was defined and sees there what has been set until it is called.
/// </remarks>
internal sealed class Frame
{
    private readonly Dictionary<string, TemplateValue> _variables = [];
    private readonly Frame? _parent;

    private Frame(RenderContext context, Frame? parent, OutputBuffer output)
    {
        Context = context;
        _parent = parent;
        Output = output;
    }

    public RenderContext Context { get; }

    public RenderBudget Budget => Context.Budget;

    public OutputBuffer Output { get; }

    /// <summary>The outermost frame of a rendering.</summary>
    public static Frame Root(RenderContext context) => new(context, null, new OutputBuffer(context.Budget));

    /// <summary>A frame inside this one that prints to the same place.</summary>
    public Frame Nest() => new(Context, this, Output);

    /// <summary>A frame inside this one whose output is kept apart.</summary>
    public Frame Capture() => new(Context, this, new OutputBuffer(Budget));

    /// <summary>Sets a variable of this frame.</summary>
    public void Set(string name, TemplateValue value) => _variables[name] = value;

    /// <summary>Looks a variable up, from the inside out.</summary>
    public TemplateValue Get(string name)
    {
        for (Frame? frame = this; frame is not null; frame = frame._parent)
        {
            if (frame._variables.TryGetValue(name, out TemplateValue? value))
            {
                return value;
            }
        }

        return UndefinedValue.Variable(name);
    }
}
