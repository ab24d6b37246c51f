using System.Text.Json;
using NemotronH.Configuration;
using NemotronH.Text.Parsing;
using NemotronH.Text.Templates.Chat;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Text.Templates;

/// <summary>A checkpoint's own chat template: turns messages into the prompt that the model was trained on.</summary>
/// <remarks>
/// <para>
/// The template is Jinja2, rendered as Hugging Face transformers' <c>apply_chat_template</c> does, byte for byte; <c>docs/templates.md</c> says what is
/// supported. It is run by an interpreter that reaches no object of this process and keeps within <see cref="TemplateOptions"/>.
/// </para>
/// <para>Thread-safe: nothing changes after loading.</para>
/// </remarks>
public sealed class ChatTemplate
{
    private const string ToolUse = "tool_use";

    private readonly Dictionary<string, Template> _templates;
    private readonly IReadOnlyDictionary<string, string> _specialTokens;
    private readonly TemplateOptions _options;

    private ChatTemplate(ChatTemplateFiles files, TemplateOptions? options)
    {
        _templates = files.Sources.ToDictionary(source => source.Key, source => Template.Parse(source.Value.Source, source.Value.Origin));
        ToolCallFormat = Shows(files, Tags.FunctionOpen) ? ToolCallFormat.FunctionTags
            : Shows(files, Tags.ListOpen) ? ToolCallFormat.JsonList
            : ToolCallFormat.None;
        _specialTokens = files.SpecialTokens;
        _options = options ?? new TemplateOptions();
    }

    /// <summary>How the model writes tool calls, judged by those that the template shows it.</summary>
    public ToolCallFormat ToolCallFormat { get; }

    /// <summary>
    /// Loads a checkpoint's template: <c>chat_template.jinja</c>, else <c>chat_template</c> of <c>tokenizer_config.json</c>, which may be a list of named
    /// ones. Of several the one named <c>tool_use</c> serves requests with tools, and <c>default</c> all others.
    /// </summary>
    /// <param name="directory">The checkpoint's directory.</param>
    /// <param name="options">Limits and clock.</param>
    /// <exception cref="TemplateException">There is no template, or it is malformed or uses what is not supported; the message names file and line.</exception>
    /// <exception cref="ConfigurationException">There is no such directory, or a JSON file is none.</exception>
    public static ChatTemplate Load(string directory, TemplateOptions? options = null) => new(ChatTemplateFiles.Read(directory), options);

    /// <summary>Loads a checkpoint's template as <see cref="Load"/> does, where it has one.</summary>
    /// <param name="directory">The checkpoint's directory.</param>
    /// <param name="options">Limits and clock.</param>
    /// <returns>The template, or <see langword="null"/> where the checkpoint has none.</returns>
    /// <exception cref="TemplateException">The template is malformed or uses what is not supported; the message names file and line.</exception>
    /// <exception cref="ConfigurationException">There is no such directory, or a JSON file is none.</exception>
    public static ChatTemplate? LoadIfAny(string directory, TemplateOptions? options = null) =>
        ChatTemplateFiles.Find(directory) is { } files ? new(files, options) : null;

    /// <summary>Parses a template.</summary>
    /// <param name="source">Its text.</param>
    /// <param name="specialTokens">Special tokens by their role, such as <c>bos_token</c>, which the template sees as variables.</param>
    /// <param name="options">Limits and clock.</param>
    /// <exception cref="TemplateException">It is malformed, or uses what is not supported; the message names the line.</exception>
    public static ChatTemplate Parse(string source, IReadOnlyDictionary<string, string>? specialTokens = null, TemplateOptions? options = null)
    {
        Dictionary<string, (string, string)> sources = new() { [ChatTemplateFiles.Default] = (source, "chat template") };
        return new(new ChatTemplateFiles(sources, specialTokens ?? new Dictionary<string, string>()), options);
    }

    /// <summary>Renders a conversation.</summary>
    /// <param name="messages">
    /// A list of messages as OpenAI's chat API has them. Where a tool call's arguments are the text of a JSON object, the template sees the object.
    /// </param>
    /// <param name="tools">A list of tools likewise; <see langword="null"/> or JSON null for none.</param>
    /// <param name="addGenerationPrompt">Whether the prompt ends with the beginning of the model's answer.</param>
    /// <param name="kwargs">An object with further variables, such as <c>enable_thinking</c>; <see langword="null"/> or JSON null for none.</param>
    /// <returns>The prompt, special tokens spelled out.</returns>
    /// <exception cref="TemplateException">The input is of another form, the template refuses it, or rendering leaves its limits.</exception>
    public string Render(JsonElement messages, JsonElement? tools = null, bool addGenerationPrompt = false, JsonElement? kwargs = null)
    {
        Require(messages, JsonValueKind.Array, "messages", "a list");
        bool withTools = IsGiven(tools);
        Dictionary<string, TemplateValue> variables = _specialTokens.ToDictionary(token => token.Key, TemplateValue (token) => new StringValue(token.Value));
        variables["documents"] = NoneValue.Instance;
        variables["add_generation_prompt"] = BooleanValue.Of(addGenerationPrompt);
        AddArguments(variables, kwargs);
        variables["messages"] = ToolCallArguments.ParseIn(JsonConverter.ToValue(messages));
        variables["tools"] = withTools ? JsonConverter.ToValue(Require(tools!.Value, JsonValueKind.Array, "tools", "a list")) : NoneValue.Instance;
        return _templates[Choose(withTools)].Render(variables, _options);
    }

    private static bool Shows(ChatTemplateFiles files, string tag) =>
        files.Sources.Values.Any(template => template.Source.Contains(tag, StringComparison.Ordinal));

    private static void AddArguments(Dictionary<string, TemplateValue> variables, JsonElement? kwargs)
    {
        if (!IsGiven(kwargs))
        {
            return;
        }

        foreach (JsonProperty property in Require(kwargs!.Value, JsonValueKind.Object, "template arguments", "an object").EnumerateObject())
        {
            string name = JsonStrings.ReadName(property);
            variables[name] = name is "messages" or "tools"
                ? throw new TemplateException($"the template arguments hold '{name}', which the request has a place of its own for")
                : JsonConverter.ToValue(property.Value);
        }
    }

    private static bool IsGiven(JsonElement? element) => element is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) };

    private static JsonElement Require(JsonElement element, JsonValueKind kind, string name, string expected)
    {
        string found = element.ValueKind == JsonValueKind.Undefined ? "missing" : JsonText.Describe(element);
        return element.ValueKind == kind ? element : throw new TemplateException($"{name}: is {found}; expected {expected}");
    }

    private string Choose(bool withTools)
    {
        if (withTools && _templates.ContainsKey(ToolUse))
        {
            return ToolUse;
        }

        return _templates.ContainsKey(ChatTemplateFiles.Default)
            ? ChatTemplateFiles.Default
            : throw new TemplateException($"there is no chat template named '{ChatTemplateFiles.Default}'; found {string.Join(", ", _templates.Keys.Order())}");
    }
}
