using System.Text.Json;

namespace NemotronH.Text.Tokenization;

/// <summary>A JSON value that knows where it stands, so that complaints about it can say so.</summary>
/// <param name="File">Name of the file.</param>
/// <param name="Path">Names from the root, joined by dots; empty at the root.</param>
/// <param name="Element">The value.</param>
internal readonly record struct JsonField(string File, string Path, JsonElement Element)
{
    /// <summary>The named member, or <see langword="null"/> where it is missing or JSON null.</summary>
    /// <exception cref="TokenizerException">This value is not an object.</exception>
    public JsonField? Optional(string name)
    {
        if (Element.ValueKind != JsonValueKind.Object)
        {
            throw Unexpected("an object");
        }

        return Element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? Member(name, value) : null;
    }

    /// <summary>The named member.</summary>
    /// <exception cref="TokenizerException">This value is not an object, or has no such member.</exception>
    public JsonField Required(string name) =>
        Optional(name) ?? throw new TokenizerException($"{File}: {Member(name, default).Path} is missing.");

    /// <summary>The named flag, or a default where it is missing or null.</summary>
    /// <exception cref="TokenizerException">It is neither true nor false.</exception>
    public bool Flag(string name, bool whenMissing)
    {
        JsonField? field = Optional(name);
        return field?.Element.ValueKind switch
        {
            null => whenMissing,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw field.Value.Unexpected("true or false"),
        };
    }

    /// <summary>This value as text.</summary>
    /// <exception cref="TokenizerException">It is not a string, or a string with half a surrogate pair.</exception>
    public string AsString()
    {
        if (Element.ValueKind != JsonValueKind.String)
        {
            throw Unexpected("a string");
        }

        try
        {
            return Element.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new TokenizerException($"{File}: {Path} is not valid Unicode.", e);
        }
    }

    /// <summary>This value as a token id.</summary>
    /// <exception cref="TokenizerException">It is not an integer, or negative.</exception>
    public int AsId() =>
        Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out int id) && id >= 0 ? id : throw Unexpected("a token id");

    /// <summary>The elements of this array.</summary>
    /// <exception cref="TokenizerException">It is not an array.</exception>
    public IEnumerable<JsonField> Items()
    {
        JsonField self = this;
        return Element.ValueKind == JsonValueKind.Array
            ? Element.EnumerateArray().Select((item, index) => new JsonField(self.File, $"{self.Path}[{index}]", item))
            : throw Unexpected("an array");
    }

    /// <summary>The value of the member <c>type</c>, by which the format tells components apart.</summary>
    public string Type() => Required("type").AsString();

    /// <summary>This component, or the components of this Sequence.</summary>
    /// <param name="name">Name of the field in which a Sequence lists its components.</param>
    public IEnumerable<JsonField> Components(string name) =>
        Type() == "Sequence" ? Required(name).Items().SelectMany(item => item.Components(name)) : [this];

    /// <summary>A complaint about this value.</summary>
    /// <param name="expected">What should have stood here.</param>
    public TokenizerException Unexpected(string expected) =>
        new($"{File}: {(Path.Length == 0 ? "the root" : Path)} is {Describe()}; expected {expected}.");

    private JsonField Member(string name, JsonElement value) => new(File, Path.Length == 0 ? name : $"{Path}.{name}", value);

    private string Describe() => Element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.Null => "null",
        _ when Element.GetRawText() is { Length: <= 60 } text => text,
        _ => $"{Element.GetRawText()[..60]}…",
    };
}
