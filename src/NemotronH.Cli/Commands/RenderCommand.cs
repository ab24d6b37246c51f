using System.CommandLine;
using System.Text.Json;
using NemotronH.Cli.Help;
using NemotronH.Cli.Models;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Text.Templates;

namespace NemotronH.Cli.Commands;

/// <summary><c>nemotronh render</c>: shows the prompt that a chat request becomes.</summary>
internal sealed class RenderCommand : ExampleCommand
{
    private readonly Option<string?> _request = ValueOption.Text(
        "--request", "FILE", "The request: JSON with messages, and perhaps tools and chat_template_kwargs, as OpenAI's chat API has it.");

    private readonly Option<string?> _model = SharedOptions.Model();
    private readonly Option<bool> _json = SharedOptions.Json();
    private readonly StandardStreams _streams;

    public RenderCommand(StandardStreams streams)
        : base(
            "render",
            "Shows the prompt that a chat request becomes.",
            "The checkpoint's own chat template makes it, as in Hugging Face transformers; nothing else of the checkpoint is read. The prompt is "
                + "printed exactly, without a line break of the program's own, and ends with the beginning of the answer unless the request "
                + "says \"add_generation_prompt\": false.",
            new("nemotronh render --request chat.json", "Prints the prompt of the tiny model."),
            new("nemotronh render --request chat.json --model DIR --json", "Prints it as a string of JSON, where white space shows."))
    {
        _streams = streams;
        _request.Required = true;
        Add(_request);
        Add(_model);
        Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string path = parse.GetValue(_request)!;
        using JsonDocument document = await ReadAsync(path, cancellationToken);
        var template = ChatTemplate.Load(ModelLocator.OfProgram.Find(parse.GetValue(_model)));
        string prompt = Render(template, document.RootElement, path);
        if (parse.GetValue(_json))
        {
            CliJson.Write(_streams.Output, new RenderResult(prompt));
        }
        else
        {
            _streams.Output.Write(prompt);
        }

        return ExitCode.Success;
    }

    private static string Render(ChatTemplate template, JsonElement request, string path)
    {
        if (request.ValueKind != JsonValueKind.Object)
        {
            throw new NemotronHException($"{path}: holds no JSON object; expected a chat request");
        }

        JsonElement generation = Field(request, "add_generation_prompt") ?? JsonElement.Parse("true");
        if (generation.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw new NemotronHException($"{path}: add_generation_prompt is {generation.GetRawText()}; expected true or false");
        }

        try
        {
            return template.Render(
                Field(request, "messages") ?? default,
                Field(request, "tools"),
                generation.ValueKind == JsonValueKind.True,
                Field(request, "chat_template_kwargs"));
        }
        catch (TemplateException exception) when (exception.Line is null)
        {
            // The request is at fault, not the template.
            throw new NemotronHException($"{path}: {exception.Message}", exception);
        }
    }

    private static JsonElement? Field(JsonElement request, string name) =>
        request.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static async Task<JsonDocument> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            // Schemas of tools nest deeper than the 64 levels that are the default.
            var options = new JsonDocumentOptions { MaxDepth = 512 };
            await using FileStream file = File.OpenRead(path);
            return await JsonDocument.ParseAsync(file, options, cancellationToken);
        }
        catch (JsonException exception)
        {
            throw new NemotronHException($"{path}: is not JSON: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NemotronHException($"{path}: cannot be read: {exception.Message}", exception);
        }
    }
}

/// <summary>What <c>render --json</c> prints.</summary>
/// <param name="Prompt">The prompt.</param>
internal sealed record RenderResult(string Prompt);
