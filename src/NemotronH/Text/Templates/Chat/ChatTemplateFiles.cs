using System.Text;
using System.Text.Json;
using NemotronH.Configuration;

namespace NemotronH.Text.Templates.Chat;

/// <summary>What a checkpoint's files say about its chat templates.</summary>
/// <param name="Sources">Templates by name, each with the file it is from.</param>
/// <param name="SpecialTokens">Special tokens by their role, such as <c>bos_token</c>.</param>
internal sealed record ChatTemplateFiles(
    IReadOnlyDictionary<string, (string Source, string Origin)> Sources, IReadOnlyDictionary<string, string> SpecialTokens)
{
    /// <summary>The name of the template that is used unless another is wanted.</summary>
    public const string Default = "default";

    private const string TemplateFile = "chat_template.jinja";
    private const string FurtherTemplates = "additional_chat_templates";
    private const string ConfigFile = "tokenizer_config.json";
    private const string TokensFile = "special_tokens_map.json";

    /// <summary>The special tokens that transformers knows by role.</summary>
    private static readonly string[] Roles = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <summary>Reads a checkpoint's directory. Template files win over <c>tokenizer_config.json</c>.</summary>
    /// <exception cref="TemplateException">There is no template, or a file cannot be read.</exception>
    /// <exception cref="ConfigurationException">There is no such directory, it is no model's, or a JSON file is none.</exception>
    public static ChatTemplateFiles Read(string directory) => Find(directory) ?? throw (
        ModelFile.Find(directory, NemotronHConfigReader.FileName) is null
            ? new ConfigurationException($"{directory}: has neither {NemotronHConfigReader.FileName} nor a chat template; expected a model's directory")
            : new TemplateException($"{directory}: has no chat template; expected {TemplateFile}, or chat_template in {ConfigFile}"));

    /// <summary>Reads a checkpoint's directory as <see cref="Read"/> does; <see langword="null"/> where there is no template.</summary>
    public static ChatTemplateFiles? Find(string directory)
    {
        using JsonDocument? config = ReadJson(directory, ConfigFile);
        using JsonDocument? tokens = ReadJson(directory, TokensFile);
        Dictionary<string, (string, string)> sources = ReadTemplateFiles(directory);
        if (sources.Count == 0 && config is not null && Member(config.RootElement, "chat_template") is { } template)
        {
            sources = ReadTemplates(template, Path.Join(directory, ConfigFile));
        }

        return sources.Count > 0 ? new(sources, ReadSpecialTokens([tokens?.RootElement, config?.RootElement])) : null;
    }

    private static Dictionary<string, (string Source, string Origin)> ReadTemplateFiles(string directory)
    {
        Dictionary<string, (string, string)> sources = [];
        if (ModelFile.Find(directory, TemplateFile) is { } path)
        {
            sources.Add(Default, (ReadText(path), path));
        }

        string further = Path.Join(directory, FurtherTemplates);
        foreach (string file in Directory.Exists(further) ? Directory.GetFiles(further, "*.jinja") : [])
        {
            sources.TryAdd(Path.GetFileNameWithoutExtension(file), (ReadText(file), file));
        }

        return sources;
    }

    /// <summary>Reads the field <c>chat_template</c>: a template, or a list of named ones.</summary>
    private static Dictionary<string, (string Source, string Origin)> ReadTemplates(JsonElement field, string path)
    {
        string origin = $"{path}: chat_template";
        if (field.ValueKind == JsonValueKind.String)
        {
            return new() { [Default] = (JsonStrings.Read(field), origin) };
        }

        if (field.ValueKind != JsonValueKind.Array)
        {
            throw new TemplateException($"{origin} is {JsonText.Describe(field)}; expected a template, or a list of objects with name and template");
        }

        Dictionary<string, (string, string)> sources = [];
        foreach (JsonElement entry in field.EnumerateArray())
        {
            if (Text(entry, "name") is not { } name || Text(entry, "template") is not { } source)
            {
                throw new TemplateException($"{origin} has an entry that is not an object with the texts name and template");
            }

            sources[name] = (source, $"{origin} '{name}'");
        }

        return sources;
    }

    private static Dictionary<string, string> ReadSpecialTokens(IEnumerable<JsonElement?> files)
    {
        Dictionary<string, string> tokens = [];
        foreach (JsonElement file in files.OfType<JsonElement>())
        {
            foreach (string role in Roles)
            {
                // A token stands as a text, or as an object that describes it.
                if ((Text(file, role) ?? (Member(file, role) is { } token ? Text(token, "content") : null)) is { } content)
                {
                    tokens[role] = content;
                }
            }
        }

        return tokens;
    }

    private static JsonDocument? ReadJson(string directory, string name) => ModelFile.Find(directory, name) is { } path ? LenientJson.Load(path) : null;

    private static JsonElement? Member(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? Text(JsonElement owner, string name) =>
        Member(owner, name) is { ValueKind: JsonValueKind.String } text ? JsonStrings.Read(text) : null;

    private static string ReadText(string path)
    {
        try
        {
            // A byte order mark stays, as in transformers.
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path));
        }
        catch (DecoderFallbackException exception)
        {
            throw new TemplateException($"{path}: is not UTF-8 text; expected a chat template", null, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TemplateException($"{path}: cannot be read ({JsonText.OneLine(exception.Message)})", null, exception);
        }
    }
}
