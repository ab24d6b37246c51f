using System.Numerics;
using NemotronH.Text.Templates.Python;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates.Rendering;

/// <summary>Takes the arguments of one call as parameters, in the order of the parameters.</summary>
/// <param name="callee">The called one, for messages.</param>
/// <param name="arguments">The arguments.</param>
internal sealed class ArgumentReader(string callee, CallArguments arguments)
{
    private readonly List<KeyValuePair<string, TemplateValue>> _named = [.. arguments.Named];
    private int _position;

    /// <summary>The next parameter, or <see langword="null"/> where it is not given.</summary>
    /// <param name="name">Its name, by which it may be given instead of by position.</param>
    public TemplateValue? Optional(string name)
    {
        if (_position < arguments.Positional.Count)
        {
            return arguments.Positional[_position++];
        }

        int index = _named.FindIndex(argument => argument.Key == name);
        if (index < 0)
        {
            return null;
        }

        TemplateValue value = _named[index].Value;
        _named.RemoveAt(index);
        return value;
    }

    /// <summary>The next parameter, which must be given.</summary>
    public TemplateValue Required(string name) => Optional(name) ?? throw new TemplateError($"{callee} lacks its argument '{name}'");

    /// <summary>The next parameter as a text.</summary>
    public StringValue RequiredText(string name) => AsText(name, Required(name));

    /// <summary>The next parameter as a text, or <see langword="null"/> where it is None or not given.</summary>
    public StringValue? OptionalText(string name) => Optional(name) is { } value and not NoneValue ? AsText(name, value) : null;

    /// <summary>The next parameter as an integer of moderate size.</summary>
    public int Integer(string name, int whenMissing) => Optional(name) is { } value ? AsInteger(name, value) : whenMissing;

    /// <summary>The next parameter as an integer of moderate size, or <see langword="null"/> where it is None or not given.</summary>
    public int? OptionalInteger(string name) => Optional(name) is { } value and not NoneValue ? AsInteger(name, value) : null;

    /// <summary>Whether the next parameter is true in Python's sense.</summary>
    public bool Flag(string name, bool whenMissing = false) => Optional(name) is { } value ? Truth.Of(value) : whenMissing;

    /// <summary>All arguments not taken yet.</summary>
    public CallArguments Rest()
    {
        CallArguments rest = new([.. arguments.Positional.Skip(_position)], [.. _named]);
        _position = Math.Max(_position, arguments.Positional.Count);
        _named.Clear();
        return rest;
    }

    /// <summary>Ends the parameters.</summary>
    /// <exception cref="TemplateError">An argument has not been taken.</exception>
    public void End()
    {
        if (_position < arguments.Positional.Count)
        {
            throw new TemplateError($"{callee} takes at most {_position} arguments; {arguments.Positional.Count} are given");
        }

        if (_named.Count > 0)
        {
            throw new TemplateError($"{callee} has no argument '{_named[0].Key}'");
        }
    }

    private StringValue AsText(string name, TemplateValue value) => value as StringValue ?? throw Unexpected(name, value, "str");

    private int AsInteger(string name, TemplateValue value) => Numbers.AsInteger(value) is { } integer
        ? (int)BigInteger.Clamp(integer, int.MinValue, int.MaxValue)
        : throw Unexpected(name, value, "int");

    private TemplateError Unexpected(string name, TemplateValue value, string expected) =>
        value is UndefinedValue undefined ? undefined.Error() : new($"{callee}: '{name}' is of type {value.TypeName}; expected {expected}");
}
