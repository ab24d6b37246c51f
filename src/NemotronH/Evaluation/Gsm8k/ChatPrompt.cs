using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Text.Templates;

namespace NemotronH.Evaluation.Gsm8k;

/// <summary>Writes a user's question as a prompt by a checkpoint's chat template.</summary>
/// <remarks>
/// Whether to think, Nemotron 3 templates are told by the variable <c>enable_thinking</c>, and that of Nemotron Nano v2 by a word in the system
/// message, which it takes out of the text. Which of the two a template knows shows in what it renders.
/// </remarks>
internal sealed class ChatPrompt
{
    /// <summary>One user's turn in the markup of Nemotron 3, an empty system block included: for checkpoints that bring no template.</summary>
    private const string Nemotron3Turn =
        "<|im_start|>system\n<|im_end|>\n<|im_start|>user\n{{ messages[0].content }}<|im_end|>\n<|im_start|>assistant\n" +
        "{{ '<think>\n' if enable_thinking else '<think></think>' }}";

    private const string Think = "/think";
    private const string NoThink = "/no_think";

    private readonly ChatTemplate _template;
    private readonly bool _isToldByWord;

    /// <param name="template">The checkpoint's template; <see langword="null"/> takes the markup of Nemotron 3.</param>
    public ChatPrompt(ChatTemplate? template)
    {
        IsFallback = template is null;
        _template = template ?? ChatTemplate.Parse(Nemotron3Turn);
        _isToldByWord = IsToldByWord(_template);
    }

    /// <summary>Whether the markup of Nemotron 3 stands in for a template that is not there.</summary>
    public bool IsFallback { get; }

    /// <summary>Writes a prompt that ends where the assistant's answer begins.</summary>
    /// <param name="content">The user's text.</param>
    /// <param name="thinking">Whether the assistant is to think first.</param>
    /// <exception cref="TemplateException">The template refuses the conversation.</exception>
    public string Render(string content, bool thinking) =>
        Render(_template, _isToldByWord ? thinking ? Think : NoThink : null, content, thinking);

    private static bool IsToldByWord(ChatTemplate template)
    {
        const string Probe = "?";
        try
        {
            return Render(template, null, Probe, thinking: true) == Render(template, null, Probe, thinking: false)
                && !Render(template, NoThink, Probe, thinking: false).Contains(NoThink, StringComparison.Ordinal);
        }
        catch (TemplateException)
        {
            // It takes no system message, so no word either.
            return false;
        }
    }

    private static string Render(ChatTemplate template, string? system, string content, bool thinking)
    {
        JsonArray messages = system is null ? [] : [Message("system", system)];
        messages.Add(Message("user", content));
        var arguments = new JsonObject { ["enable_thinking"] = thinking };
        return template.Render(Element(messages), addGenerationPrompt: true, kwargs: Element(arguments));
    }

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static JsonElement Element(JsonNode node) => JsonSerializer.SerializeToElement(node, EvaluationJson.Default.JsonNode);
}
