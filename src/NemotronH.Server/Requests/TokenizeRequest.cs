using System.Text.Json;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Requests;

/// <summary>A request to <c>/tokenize</c>, checked: a text, or messages as a chat request has them.</summary>
internal sealed record TokenizeRequest
{
    /// <summary>The model that is asked for, if one is.</summary>
    public string? Model { get; init; }

    /// <summary>The text; <see langword="null"/> where messages are given.</summary>
    public string? Prompt { get; init; }

    /// <summary>The messages; <see langword="null"/> where a text is given.</summary>
    public JsonElement? Messages { get; init; }

    /// <summary>The tools that go with messages.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>Further variables of the chat template.</summary>
    public JsonElement? TemplateArguments { get; init; }

    /// <summary>Whether the tokenizer adds what it puts around texts.</summary>
    public bool AddSpecialTokens { get; init; }

    /// <summary>Whether messages end with the beginning of an answer.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>Whether the tokens' texts are wanted.</summary>
    public bool ReturnTokenTexts { get; init; }

    /// <summary>Reads a request.</summary>
    /// <exception cref="ApiException">It is not what it should be.</exception>
    internal static TokenizeRequest Read(JsonElement body)
    {
        var request = new RequestObject(body);
        string? prompt = request.Text("prompt");
        JsonElement? messages = request.Take("messages");
        if ((prompt is null) == (messages is null))
        {
            throw ApiException.BadRequest("prompt", "the request has both or neither of 'prompt' and 'messages'; expected one of them");
        }

        var tokenize = new TokenizeRequest
        {
            Model = request.Text("model"),
            Prompt = prompt,
            Messages = messages is { } list ? MessageReader.Read(list) : null,
            Tools = ToolsReader.ReadTools(request),
            TemplateArguments = ChatRequestReader.ReadTemplateArguments(request),
            AddSpecialTokens = request.Flag("add_special_tokens") ?? prompt is not null,
            AddGenerationPrompt = request.Flag("add_generation_prompt") ?? true,
            ReturnTokenTexts = request.Flag("return_token_strs") ?? false,
        };
        request.End();
        return tokenize;
    }
}
