using System.Diagnostics.CodeAnalysis;
using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Rendering;

/// <summary>The variable <c>loop</c>: where a loop stands. It also drives the loop, looking ahead no further than it is asked.</summary>
internal sealed class LoopValue : CallableValue
{
    private readonly int _depth;
    private readonly Func<TemplateValue, int, RenderContext, TemplateValue>? _recurse;
    private IEnumerator<TemplateValue> _elements;
    private int? _length;
    private int _position = -1;
    private TemplateValue? _previous;
    private TemplateValue? _current;
    private TemplateValue? _next;
    private TupleValue? _lastChanged;

    /// <summary>Creates the state of a loop that has not begun.</summary>
    /// <param name="elements">What it goes through.</param>
    /// <param name="length">How many there are, where that is known.</param>
    /// <param name="depth">How many loops this one recurses in.</param>
    /// <param name="recurse">Renders the loop for other elements, one level deeper; <see langword="null"/> where the loop is not recursive.</param>
    public LoopValue(
        IEnumerable<TemplateValue> elements, int? length, int depth, Func<TemplateValue, int, RenderContext, TemplateValue>? recurse)
    {
        _elements = elements.GetEnumerator();
        _length = length;
        _depth = depth;
        _recurse = recurse;
    }

    /// <inheritdoc/>
    public override string TypeName => "LoopContext";

    /// <summary>Number of the current iteration, from 1.</summary>
    public int Index => _position + 1;

    /// <summary>How many iterations there are; asks a generator for all of its elements.</summary>
    public int Length
    {
        get
        {
            if (_length is null)
            {
                List<TemplateValue> rest = [];
                while (_elements.MoveNext())
                {
                    rest.Add(_elements.Current);
                }

                _elements = rest.GetEnumerator();
                _length = Index + (_next is null ? 0 : 1) + rest.Count;
            }

            return _length.Value;
        }
    }

    /// <summary>Goes on to the next element.</summary>
    /// <returns>Whether there is one.</returns>
    public bool TryAdvance([NotNullWhen(true)] out TemplateValue? element)
    {
        element = Peek();
        if (element is null)
        {
            return false;
        }

        (_previous, _current, _next) = (_current, element, null);
        _position++;
        return true;
    }

    /// <summary>Finds an attribute, or <see langword="null"/>.</summary>
    public TemplateValue? FindAttribute(string name) => name switch
    {
        "index" => new IntegerValue(Index),
        "index0" => new IntegerValue(_position),
        "revindex" => new IntegerValue(Length - _position),
        "revindex0" => new IntegerValue(Length - Index),
        "first" => BooleanValue.Of(_position == 0),
        "last" => BooleanValue.Of(Peek() is null),
        "length" => new IntegerValue(Length),
        "depth" => new IntegerValue(_depth + 1),
        "depth0" => new IntegerValue(_depth),
        "previtem" => _previous ?? new UndefinedValue("there is no previous item"),
        "nextitem" => Peek() ?? new UndefinedValue("there is no next item"),
        "cycle" => new FunctionValue(name, (arguments, _) => Cycle(arguments.Rest().Positional)),
        "changed" => new FunctionValue(name, (arguments, context) => Changed(arguments.Rest().Positional, context)),
        _ => null,
    };

    /// <summary>Renders the loop again for other elements, inside this one.</summary>
    /// <inheritdoc/>
    public override TemplateValue Call(CallArguments arguments, RenderContext context)
    {
        if (_recurse is null)
        {
            throw new TemplateError("loop() is called, but the loop is not marked 'recursive'");
        }

        ArgumentReader reader = new("loop()", arguments);
        TemplateValue elements = reader.Required("iterable");
        reader.End();
        return _recurse(elements, _depth + 1, context);
    }

    private TemplateValue? Peek() => _next ??= _elements.MoveNext() ? _elements.Current : null;

    private TemplateValue Cycle(IReadOnlyList<TemplateValue> values) =>
        values.Count > 0 ? values[_position % values.Count] : throw new TemplateError("no items for cycling given");

    private BooleanValue Changed(IReadOnlyList<TemplateValue> values, RenderContext context)
    {
        TupleValue now = new(values);
        bool changed = _lastChanged is null || !Equality.Holds(_lastChanged, now, context);
        _lastChanged = now;
        return BooleanValue.Of(changed);
    }
}
