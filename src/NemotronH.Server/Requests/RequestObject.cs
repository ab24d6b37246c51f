using System.Text.Json;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Requests;

/// <summary>
/// An object of a request, read strictly: every property is asked for by name, and what nobody asked for is refused. Null is the same as
/// nothing.
/// </summary>
internal sealed class RequestObject
{
    private readonly string _path;
    private readonly Dictionary<string, JsonElement> _unread = [];

    /// <summary>Begins to read an object.</summary>
    /// <param name="element">The object.</param>
    /// <param name="path">What messages call it; empty for the request itself.</param>
    /// <exception cref="ApiException">It is no object.</exception>
    internal RequestObject(JsonElement element, string path = "")
    {
        _path = path;
        if (element.ValueKind != JsonValueKind.Object)
        {
            string name = path.Length == 0 ? "the request" : $"'{path}'";
            throw ApiException.BadRequest(
                path.Length == 0 ? null : path, $"{name} is {Describe(element)}; expected an object", "invalid_type");
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            _unread[NameOf(property)] = property.Value;
        }
    }

    /// <summary>What messages call a property.</summary>
    internal string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    /// <summary>Any value.</summary>
    internal JsonElement? Take(string name) =>
        _unread.Remove(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Any value that must be there.</summary>
    internal JsonElement Require(string name) =>
        Take(name) ?? throw ApiException.BadRequest(PathOf(name), $"'{PathOf(name)}' is missing", "missing_required_parameter");

    /// <summary>Text.</summary>
    internal string? Text(string name) => Take(name) is { } value ? TextOf(value, PathOf(name)) : null;

    /// <summary>True or false.</summary>
    internal bool? Flag(string name) => Take(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw WrongType(PathOf(name), value, "true or false"),
    };

    /// <summary>A whole number.</summary>
    internal long? Integer(string name, long least, long most) =>
        Take(name) is { } value ? IntegerOf(value, PathOf(name), least, most) : null;

    /// <summary>A number.</summary>
    internal double? Number(string name, double least, double most)
    {
        if (Take(name) is not { } value)
        {
            return null;
        }

        string expected = double.IsFinite(most) ? $"a number from {least} to {most}" : $"a number from {least} on";
        return value.ValueKind != JsonValueKind.Number ? throw WrongType(PathOf(name), value, expected)
            : value.TryGetDouble(out double number) && double.IsFinite(number) && number >= least && number <= most ? number
            : throw Invalid(PathOf(name), value, expected);
    }

    /// <summary>One of a few words.</summary>
    internal string? Choice(string name, params string[] choices)
    {
        string? text = Text(name);
        string expected = string.Join(" or ", choices.Select(choice => $"'{choice}'"));
        return text is null || choices.Contains(text) ? text : throw ApiException.BadRequest(
            PathOf(name), $"'{PathOf(name)}' is '{Shorten(text)}'; expected {expected}");
    }

    /// <summary>Another object.</summary>
    internal RequestObject? Object(string name) => Take(name) is { } value ? new RequestObject(value, PathOf(name)) : null;

    /// <summary>A list.</summary>
    internal JsonElement? List(string name) => Take(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } list => list,
        { } value => throw WrongType(PathOf(name), value, "a list"),
    };

    /// <summary>Takes properties that change nothing here.</summary>
    internal void Ignore(params string[] names) => Array.ForEach(names, name => Take(name));

    /// <summary>Refuses properties that OpenAI's API has and this server has not.</summary>
    internal void RefuseUnsupported(params string[] names)
    {
        string? name = names.FirstOrDefault(name => Take(name) is not null);
        if (name is not null)
        {
            throw ApiException.BadRequest(PathOf(name), $"'{PathOf(name)}' is not supported by this server", "unsupported_parameter");
        }
    }

    /// <summary>Ends reading: whatever is left is refused.</summary>
    internal void End()
    {
        if (_unread.FirstOrDefault(property => property.Value.ValueKind != JsonValueKind.Null).Key is { } name)
        {
            string path = PathOf(Shorten(name));
            throw ApiException.BadRequest(path, $"there is no parameter '{path}'", "unknown_parameter");
        }
    }

    /// <summary>The text of a value.</summary>
    internal static string TextOf(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw WrongType(path, value, "a string");
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw ApiException.BadRequest(path, $"'{path}' holds half of a surrogate pair; expected whole characters");
        }
    }

    /// <summary>The whole number of a value.</summary>
    internal static long IntegerOf(JsonElement value, string path, long least, long most)
    {
        string expected = $"a whole number from {least} to {most}";
        return value.ValueKind != JsonValueKind.Number ? throw WrongType(path, value, expected)
            : value.TryGetInt64(out long number) && number >= least && number <= most ? number
            : throw Invalid(path, value, expected);
    }

    /// <summary>The error for a value of another kind.</summary>
    internal static ApiException WrongType(string path, JsonElement value, string expected) =>
        ApiException.BadRequest(path, $"'{path}' is {Describe(value)}; expected {expected}", "invalid_type");

    private static ApiException Invalid(string path, JsonElement number, string expected) =>
        ApiException.BadRequest(path, $"'{path}' is {Shorten(number.GetRawText())}; expected {expected}");

    /// <summary>The name of a property.</summary>
    internal static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw ApiException.BadRequest(null, "a parameter's name holds half of a surrogate pair", "unknown_parameter");
        }
    }

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    private static string Shorten(string text) => text.Length <= 64 ? text : $"{text[..63]}…";
}
