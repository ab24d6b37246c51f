using System.Text.Json;
using NemotronH.Server.Errors;

namespace NemotronH.Server.Requests;

/// <summary>Reads requests to <c>/v1/chat/completions</c>.</summary>
internal static class ChatRequestReader
{
    private const int MostTopLogProbs = 20;

    /// <summary>What OpenAI's API has and this server has not.</summary>
    private static readonly string[] Unsupported =
        ["audio", "function_call", "functions", "prediction", "reasoning_effort", "verbosity", "web_search_options"];

    /// <summary>Reads a request.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="options">How much may be asked for.</param>
    /// <exception cref="ApiException">Something in it is unknown, not supported, or not what it should be.</exception>
    internal static ChatRequest Read(JsonElement body, ServerOptions options)
    {
        var request = new RequestObject(body);
        request.RefuseUnsupported(Unsupported);
        request.RefuseUnsupported(SamplingReader.Unsupported);
        RequireText(request);
        JsonElement? tools = ToolsReader.ReadTools(request);
        var chat = new ChatRequest
        {
            Model = request.Text("model"),
            Messages = MessageReader.Read(request.Require("messages")),
            Tools = tools,
            ToolChoice = ToolsReader.ReadChoice(request, tools),
            ParallelToolCalls = request.Flag("parallel_tool_calls") ?? true,
            ResponseFormat = ResponseFormatReader.Read(request),
            Sampling = ReadSampling(request),
            Choices = (int)(request.Integer("n", 1, options.MaxChoices) ?? 1),
            Stream = StreamParameters.Read(request),
            TopLogProbs = ReadTopLogProbs(request),
            TemplateArguments = ReadTemplateArguments(request),
        };
        SamplingReader.TakeHarmless(request);
        request.End();
        return chat;
    }

    /// <summary>Clients that know other modalities say that they want none.</summary>
    private static void RequireText(RequestObject request)
    {
        if (request.List("modalities") is { } modalities
            && modalities.EnumerateArray().Any(modality => RequestObject.TextOf(modality, "modalities") != "text"))
        {
            throw ApiException.BadRequest(
                "modalities", "'modalities' asks for more than text, which this server does not make", "unsupported_value");
        }
    }

    private static SamplingParameters ReadSampling(RequestObject request)
    {
        const string name = "max_tokens", newName = "max_completion_tokens";
        long? older = request.Integer(name, 1, int.MaxValue);
        long? newer = request.Integer(newName, 1, int.MaxValue);
        return older is null || newer is null || older == newer
            ? SamplingReader.Read(request, (int?)(newer ?? older)) with { MaxTokensName = newer is null ? name : newName }
            : throw ApiException.BadRequest(name, $"'{name}' and '{newName}' are given and differ; expected one of them");
    }

    private static int? ReadTopLogProbs(RequestObject request)
    {
        bool wanted = request.Flag("logprobs") ?? false;
        long? top = request.Integer("top_logprobs", 0, MostTopLogProbs);
        return wanted ? (int)(top ?? 0)
            : top is null or 0 ? null
            : throw ApiException.BadRequest("top_logprobs", "'top_logprobs' is given, but 'logprobs' is not true");
    }

    /// <summary>Reads <c>chat_template_kwargs</c>.</summary>
    /// <exception cref="ApiException">It is no object.</exception>
    internal static JsonElement? ReadTemplateArguments(RequestObject request)
    {
        const string name = "chat_template_kwargs";
        JsonElement? arguments = request.Take(name);
        return arguments is null or { ValueKind: JsonValueKind.Object }
            ? arguments
            : throw RequestObject.WrongType(name, arguments.Value, "an object");
    }
}
