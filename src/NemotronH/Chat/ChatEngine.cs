using System.Text.Json;
using NemotronH.Generation;
using NemotronH.Generation.Constraints;
using NemotronH.Text;
using NemotronH.Text.Parsing;
using NemotronH.Text.Templates;

namespace NemotronH.Chat;

/// <summary>Chat over an engine: the template makes the prompt, constraints keep the answer's form, a parser takes it apart.</summary>
/// <remarks>Thread-safe. It does not own the engine.</remarks>
public sealed class ChatEngine
{
    private readonly Tokenizer _tokenizer;
    private readonly Lazy<TokenVocabulary> _vocabulary;

    /// <summary>Creates it.</summary>
    /// <param name="engine">The engine; its checkpoint needs a tokenizer.</param>
    /// <param name="template">How conversations are written.</param>
    /// <exception cref="NemotronHException">The checkpoint has no tokenizer.</exception>
    public ChatEngine(InferenceEngine engine, ChatTemplate template)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(template);
        Engine = engine;
        Template = template;
        _tokenizer = engine.Tokenizer ?? throw new NemotronHException($"'{engine.ModelDirectory}' has no tokenizer.json; chat needs one");
        ToolCallFormat = template.ToolCallFormat != ToolCallFormat.None ? template.ToolCallFormat : FormatOf(_tokenizer);
        _vocabulary = new(() => new TokenVocabulary(_tokenizer, engine.Config.VocabSize, engine.EosTokenIds));
    }

    /// <summary>The engine.</summary>
    public InferenceEngine Engine { get; }

    /// <summary>How conversations are written.</summary>
    public ChatTemplate Template { get; }

    /// <summary>How the model writes tool calls: as its template shows, else as the tokenizer has tags for it.</summary>
    public ToolCallFormat ToolCallFormat { get; }

    /// <summary>Hands in a conversation.</summary>
    /// <param name="request">The conversation.</param>
    /// <param name="cancellationToken">Cancels the answer, at any time until it ends.</param>
    /// <returns>The answer; the caller disposes.</returns>
    /// <exception cref="RequestException">The request can never run: it has no messages, the template refuses it, it is too long, or an option is out of its range.</exception>
    /// <exception cref="EngineBusyException">Too many requests wait, or the engine is being drained.</exception>
    public ChatGeneration Submit(ChatRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Messages is { ValueKind: JsonValueKind.Array } messages && messages.GetArrayLength() == 0)
        {
            throw new RequestException("messages is empty; expected at least one message");
        }

        Engine.RefuseIfFull();
        ChatTools tools = ChatTools.Of(request, ToolCallFormat);
        ChatPrompt prompt = ChatPrompt.Render(Template, _tokenizer, request, tools.ForTemplate);
        EngineGeneration generation = Engine.Submit(
            new EngineRequest
            {
                PromptIds = prompt.Ids,
                PrefixBorders = prompt.Borders,
                Options = request.Options,
                Constraint = AnswerConstraint.Create(_vocabulary, request, tools, prompt.EndsInReasoning),
                TopLogProbs = request.TopLogProbs,
            },
            cancellationToken);
        OutputParserOptions parsing = new()
        {
            StartsInReasoning = prompt.EndsInReasoning,
            ForceNonemptyContent = request.ForceNonemptyContent,
            ToolCallFormat = tools.Format,
            Tools = tools.ForTemplate,
        };
        return new ChatGeneration(generation, new ModelOutputParser(parsing), request.AllowMultipleToolCalls);
    }

    private static ToolCallFormat FormatOf(Tokenizer tokenizer) =>
        tokenizer.TokenToId(Tags.CallOpen) is not null ? ToolCallFormat.FunctionTags
        : tokenizer.TokenToId(Tags.ListOpen) is not null ? ToolCallFormat.JsonList
        : ToolCallFormat.None;
}
