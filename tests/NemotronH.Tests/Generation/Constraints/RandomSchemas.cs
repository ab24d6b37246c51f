using System.Text.Json;
using System.Text.Json.Nodes;

namespace NemotronH.Tests.Generation.Constraints;

/// <summary>Random schemas with bounded strings and lists, of every keyword that is supported.</summary>
internal sealed class RandomSchemas(int seed)
{
    private static readonly string[] Names = ["name", "na", "age", "Zahl", "größe", "with space", "quote\"d", "日本", "tags", "a/b", "", "kind", "😀", "id"];
    private readonly Random _random = new(seed);

    /// <summary>The next schema; an object at its root.</summary>
    public JsonElement Next()
    {
        JsonObject schema = Object(depth: 3);
        if (_random.Next(4) == 0)
        {
            schema["$defs"] = new JsonObject { ["node"] = Node(), ["leaf"] = Scalar() };
            JsonObject properties = schema["properties"] as JsonObject ?? [];
            schema["properties"] = properties;
            properties["tree"] = new JsonObject { ["$ref"] = _random.Next(2) == 0 ? "#/$defs/node" : "#/$defs/leaf" };
        }

        return JsonSerializer.SerializeToElement(schema);
    }

    private JsonObject Value(int depth) => (depth > 0 ? _random.Next(12) : _random.Next(8)) switch
    {
        < 8 => Scalar(),
        8 or 9 => Object(depth - 1),
        10 => List(depth - 1),
        _ => Alternatives(depth - 1),
    };

    private JsonObject Scalar()
    {
        switch (_random.Next(9))
        {
            case 0:
                return new() { ["type"] = "boolean" };
            case 1:
                return new() { ["type"] = "integer" };
            case 2:
                return new() { ["type"] = "number" };
            case 3:
                return Bounded();
            case 4:
                return new() { ["enum"] = new JsonArray("red", "re", "gr\"ün", 1, 12, 1.5, null, true, "日本\n", "red herring") };
            case 5:
                return new() { ["const"] = _random.Next(2) == 0 ? "fixed" : new JsonObject { ["a"] = new JsonArray(1, "x") } };
            case 6:
                return new() { ["type"] = "string", ["format"] = ((string[])["date", "date-time", "uuid"])[_random.Next(3)] };
            case 7:
                return new() { ["type"] = new JsonArray("null", "integer", "string"), ["maxLength"] = _random.Next(6) };
            default:
                int minimum = _random.Next(4);
                return new() { ["type"] = "string", ["minLength"] = minimum, ["maxLength"] = minimum + _random.Next(20), ["description"] = "text" };
        }
    }

    private JsonObject Bounded()
    {
        bool isInteger = _random.Next(2) == 0;
        decimal low = Math.Round((decimal)(_random.NextDouble() - 0.5) * (decimal)Math.Pow(10, _random.Next(6)), isInteger ? 0 : _random.Next(4));
        decimal high = low + (isInteger ? _random.Next(1, 1000) : Math.Round((decimal)_random.NextDouble() * 100, 2) + 0.01m);
        JsonObject schema = new() { ["type"] = isInteger ? "integer" : "number" };
        schema[_random.Next(4) == 0 ? "exclusiveMinimum" : "minimum"] = low;
        schema[_random.Next(4) == 0 && high - low > 1 ? "exclusiveMaximum" : "maximum"] = high;
        return schema;
    }

    private JsonObject Object(int depth)
    {
        string[] names = [.. Names.OrderBy(_ => _random.Next()).Take(_random.Next(5))];
        JsonObject properties = [];
        foreach (string name in names)
        {
            properties[name] = Value(depth);
        }

        JsonObject schema = new() { ["type"] = "object", ["properties"] = properties };
        schema["required"] = new JsonArray([.. names.Where(_ => _random.Next(3) > 0).Select(name => JsonValue.Create(name))]);
        switch (_random.Next(6))
        {
            case 0:
                schema["additionalProperties"] = Scalar();
                schema["maxProperties"] = names.Length + 1;
                break;
            case 1:
                schema["minProperties"] = names.Length / 2;
                schema["additionalProperties"] = false;
                break;
            default:
                schema["additionalProperties"] = false;
                break;
        }

        return schema;
    }

    private JsonObject List(int depth)
    {
        int minimum = _random.Next(3);
        return new() { ["type"] = "array", ["items"] = Value(depth), ["minItems"] = minimum, ["maxItems"] = minimum + _random.Next(3) };
    }

    private JsonObject Alternatives(int depth)
    {
        if (_random.Next(2) == 0)
        {
            return new() { ["anyOf"] = new JsonArray(Value(depth), Value(depth), Object(depth)) };
        }

        return new()
        {
            ["oneOf"] = new JsonArray([.. Enumerable.Range(0, 3).Select(kind => new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = kind }, ["value"] = Scalar() },
                ["required"] = new JsonArray("kind", "value"),
                ["additionalProperties"] = false,
            })]),
        };
    }

    /// <summary>A tree: recursive through a list and through an alternative.</summary>
    private static JsonObject Node() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["value"] = new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = 9 },
            ["children"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["$ref"] = "#/$defs/node" }, ["maxItems"] = 1 },
            ["next"] = new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "null" }, new JsonObject { ["$ref"] = "#/$defs/node" }) },
        },
        ["required"] = new JsonArray("value", "next"),
        ["additionalProperties"] = false,
    };
}
