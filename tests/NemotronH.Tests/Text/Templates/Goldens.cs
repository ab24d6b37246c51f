using System.Text.Json;
using NemotronH.Text.Templates;
using NemotronH.Text.Templates.Chat;
using NemotronH.Text.Templates.Values;

namespace NemotronH.Tests.Text.Templates;

/// <summary>What <c>tools/make_template_goldens.py</c> had transformers, or Jinja2 set up as transformers does, render.</summary>
internal static class Goldens
{
    public static JsonElement Load(string name) => JsonDocument.Parse(File.ReadAllBytes(Fixtures.File("templates", name))).RootElement;

    /// <summary>Renders a template with variables.</summary>
    /// <returns>The output, or the error's message.</returns>
    public static (string? Output, string? Error) Render(string template, JsonElement variables)
    {
        try
        {
            IEnumerable<KeyValuePair<string, TemplateValue>> values = ((DictValue)JsonConverter.ToValue(variables)).Entries
                .Select(entry => KeyValuePair.Create(((StringValue)entry.Key).Text, entry.Value));
            return (Template.Parse(template, "snippet").Render(values, new TemplateOptions()), null);
        }
        catch (TemplateException exception)
        {
            return (null, exception.Message);
        }
    }

    /// <summary>Renders a request of <c>chats.json</c>.</summary>
    /// <returns>The prompt, or the error's message.</returns>
    public static (string? Output, string? Error) Render(ChatTemplate template, JsonElement request)
    {
        try
        {
            return (template.Render(
                request.GetProperty("messages"),
                Optional(request, "tools"),
                Optional(request, "add_generation_prompt")?.GetBoolean() ?? false,
                Optional(request, "kwargs")), null);
        }
        catch (TemplateException exception)
        {
            return (null, exception.Message);
        }
    }

    private static JsonElement? Optional(JsonElement owner, string name) => owner.TryGetProperty(name, out JsonElement value) ? value : null;
}
