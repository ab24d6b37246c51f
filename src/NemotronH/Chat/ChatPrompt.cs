using System.Text.Json;
using NemotronH.Text;
using NemotronH.Text.Parsing;
using NemotronH.Text.Templates;

namespace NemotronH.Chat;

/// <summary>A conversation as the model reads it.</summary>
/// <param name="Ids">Its tokens.</param>
/// <param name="Borders">Where messages begin: positions up to which later prompts of the same conversation are likely to agree.</param>
/// <param name="EndsInReasoning">Whether the answer begins with reasoning.</param>
internal sealed record ChatPrompt(int[] Ids, IReadOnlyList<int> Borders, bool EndsInReasoning)
{
    /// <summary>Renders a conversation.</summary>
    /// <exception cref="TemplateException">The template refuses it.</exception>
    public static ChatPrompt Render(ChatTemplate template, Tokenizer tokenizer, ChatRequest request, JsonElement? tools)
    {
        string prompt = template.Render(request.Messages, tools, addGenerationPrompt: true, request.TemplateArguments);

        // The template writes every special token that it wants; HF transformers encodes its output without the post-processor too.
        int[] ids = tokenizer.Encode(prompt, addSpecialTokens: false);
        return new ChatPrompt(ids, MessageBorders(ids, tokenizer), OutputParserOptions.EndsInReasoning(prompt));
    }

    /// <summary>The last special token of a prompt begins the model's turn; wherever else it stands, it begins one too.</summary>
    private static List<int> MessageBorders(int[] ids, Tokenizer tokenizer)
    {
        int last = Array.FindLastIndex(ids, tokenizer.SpecialTokenIds.Contains);
        return last < 0 ? [] : [.. Enumerable.Range(1, ids.Length - 1).Where(position => ids[position] == ids[last])];
    }
}
