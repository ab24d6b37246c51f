using System.Text.Json;
using System.Text.RegularExpressions;
using NemotronH.Chat;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Requests;

/// <summary>Reads the tools of a chat request and whether they are to be called.</summary>
internal static partial class ToolsReader
{
    private const int MostTools = 128;

    /// <summary>Checks the tools; templates take them as they are.</summary>
    /// <returns>The list; <see langword="null"/> where there are none.</returns>
    /// <exception cref="ApiException">A tool is not what it should be.</exception>
    internal static JsonElement? ReadTools(RequestObject request)
    {
        if (request.List("tools") is not { } tools || tools.GetArrayLength() == 0)
        {
            return null;
        }

        var names = new HashSet<string>();
        foreach ((int i, JsonElement tool) in tools.EnumerateArray().Index())
        {
            string path = $"tools[{i}]";
            if (i == MostTools)
            {
                throw ApiException.BadRequest("tools", $"'tools' has {tools.GetArrayLength()} entries; expected at most {MostTools}");
            }

            if (!names.Add(ReadName(new RequestObject(tool, path))))
            {
                throw ApiException.BadRequest($"{path}.function.name", $"'{path}.function.name' is the name of an earlier tool");
            }
        }

        return tools;
    }

    /// <summary>Reads <c>tool_choice</c>.</summary>
    /// <exception cref="ApiException">It is not what it should be, or names a tool that there is not.</exception>
    internal static ToolChoice ReadChoice(RequestObject request, JsonElement? tools)
    {
        const string name = "tool_choice";
        ToolChoice choice = request.Take(name) switch
        {
            null => tools is null ? ToolChoice.None : ToolChoice.Auto,
            { ValueKind: JsonValueKind.String } word => ReadWord(word),
            { ValueKind: JsonValueKind.Object } function => ToolChoice.Function(ReadNamed(new RequestObject(function, name))),
            { } other => throw RequestObject.WrongType(name, other, "'none', 'auto', 'required' or an object that names a function"),
        };
        if (tools is null && choice.Mode == ToolChoiceMode.Required)
        {
            throw ApiException.BadRequest(name, "'tool_choice' asks for a tool call, but there are no 'tools'");
        }

        bool isKnown = choice.FunctionName is null || Names(tools!.Value).Contains(choice.FunctionName);
        return isKnown ? choice : throw ApiException.BadRequest(
            name, $"'tool_choice' names '{choice.FunctionName}', which is none of the 'tools'");
    }

    private static string ReadName(RequestObject tool)
    {
        if (tool.Choice("type", "function") is null)
        {
            tool.Require("type");
        }

        string path = tool.PathOf("function");
        var function = new RequestObject(tool.Require("function"), path);
        string name = RequestObject.TextOf(function.Require("name"), $"{path}.name");
        function.Text("description");
        function.Flag("strict");
        if (function.Take("parameters") is { } parameters)
        {
            ResponseFormatReader.RequireSchema(parameters, $"{path}.parameters");
        }

        function.End();
        tool.End();
        return ToolName().IsMatch(name) ? name : throw ApiException.BadRequest(
            $"{path}.name", $"'{path}.name' is no name of a function; expected at most 64 letters, digits, underscores, dots and dashes");
    }

    private static ToolChoice ReadWord(JsonElement word) => RequestObject.TextOf(word, "tool_choice") switch
    {
        "none" => ToolChoice.None,
        "auto" => ToolChoice.Auto,
        "required" => ToolChoice.Required,
        _ => throw ApiException.BadRequest("tool_choice", "'tool_choice' is not one of 'none', 'auto', 'required'"),
    };

    private static string ReadNamed(RequestObject choice)
    {
        choice.Choice("type", "function");
        string path = choice.PathOf("function");
        var function = new RequestObject(choice.Require("function"), path);
        string name = RequestObject.TextOf(function.Require("name"), $"{path}.name");
        function.End();
        choice.End();
        return name;
    }

    private static IEnumerable<string?> Names(JsonElement tools) =>
        tools.EnumerateArray().Select(tool => tool.GetProperty("function").GetProperty("name").GetString());

    [GeneratedRegex(@"\A[A-Za-z0-9_.-]{1,64}\z")]
    private static partial Regex ToolName();
}
