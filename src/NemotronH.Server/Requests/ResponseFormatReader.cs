using System.Text.Json;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Requests;

/// <summary>Reads <c>response_format</c>.</summary>
internal static class ResponseFormatReader
{
    /// <summary>Reads it from a request.</summary>
    /// <exception cref="ApiException">It is not what it should be.</exception>
    internal static ResponseFormat Read(RequestObject request)
    {
        if (request.Object("response_format") is not { } format)
        {
            return new ResponseFormat(ResponseFormatKind.Text);
        }

        ResponseFormat read = format.Choice("type", "text", "json_object", "json_schema") switch
        {
            "text" => new ResponseFormat(ResponseFormatKind.Text),
            "json_object" => new ResponseFormat(ResponseFormatKind.JsonObject),
            "json_schema" => new ResponseFormat(ResponseFormatKind.JsonSchema, ReadSchema(format)),
            _ => throw ApiException.BadRequest("response_format.type", "'response_format.type' is missing", "missing_required_parameter"),
        };
        format.End();
        return read;
    }

    /// <summary>Checks that a value may be a JSON schema: an object, true or false.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    internal static JsonElement RequireSchema(JsonElement value, string path) =>
        value.ValueKind is JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False
            ? value
            : throw RequestObject.WrongType(path, value, "a JSON schema");

    private static JsonElement ReadSchema(RequestObject format)
    {
        string path = format.PathOf("json_schema");
        var described = new RequestObject(format.Require("json_schema"), path);
        described.Text("name");
        described.Text("description");
        described.Flag("strict");
        JsonElement schema = described.Require("schema");
        described.End();
        return RequireSchema(schema, $"{path}.schema");
    }
}
