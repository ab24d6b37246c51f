using NemotronH.Evaluation.Runs;
using NemotronH.Text;
using NemotronH.Text.Templates;

namespace NemotronH.Evaluation.Gsm8k;

/// <summary>The problems that are asked, as prompts.</summary>
public sealed class Gsm8kPrompts
{
    private readonly DataFile _file;
    private readonly DataFile? _fewShotFile;
    private readonly ChatPrompt? _chat;

    private Gsm8kPrompts(DataFile file, DataFile? fewShotFile, Gsm8kOptions options, ChatPrompt? chat, Tokenizer tokenizer)
    {
        _file = file;
        _fewShotFile = fewShotFile;
        _chat = chat;
        Options = options;
        (Items, Examples) = Divide(file, fewShotFile, options);
        Texts = [.. Items.Select(Write)];
        Ids = [.. Texts.Select(text => tokenizer.Encode(text, addSpecialTokens: false))];
    }

    /// <summary>How the problems are asked.</summary>
    public Gsm8kOptions Options { get; }

    /// <summary>The problems, in the order of their file.</summary>
    public IReadOnlyList<Gsm8kItem> Items { get; }

    /// <summary>The solved examples before each.</summary>
    public IReadOnlyList<Gsm8kItem> Examples { get; }

    /// <summary>A prompt for each problem.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>The prompts as token ids; nothing is added to them.</summary>
    public IReadOnlyList<int[]> Ids { get; }

    /// <summary>Whether chat is asked in the markup of Nemotron 3, because there is no template.</summary>
    public bool HasNoTemplate => _chat?.IsFallback == true;

    /// <summary>Tokens of the longest prompt.</summary>
    public int LongestPrompt => Ids.Max(ids => ids.Length);

    /// <summary>Reads the problems and writes their prompts.</summary>
    /// <param name="path">The problems: JSON lines as OpenAI published them.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">How to ask.</param>
    /// <param name="template">The model's chat template, for the chat form; <see langword="null"/> asks in the markup of Nemotron 3.</param>
    /// <returns>The prompts.</returns>
    /// <exception cref="NemotronHException">A file is not what it should be, or there are too few examples or problems.</exception>
    public static Gsm8kPrompts Load(string path, Tokenizer tokenizer, Gsm8kOptions? options = null, ChatTemplate? template = null)
    {
        options ??= new Gsm8kOptions();
        options.Validate();
        return new Gsm8kPrompts(
            DataFile.Read(path),
            options.FewShotPath is null ? null : DataFile.Read(options.FewShotPath),
            options,
            options.Chat ? new ChatPrompt(template) : null,
            tokenizer);
    }

    /// <summary>Adds what determines the prompts to a run's identity.</summary>
    internal RunIdentityBuilder Describe(RunIdentityBuilder identity)
    {
        identity.WithData("data", _file.Name, _file.Sha256).With("fewshot", Options.FewShotOrDefault);
        if (_fewShotFile is not null)
        {
            identity.WithData("fewshot_data", _fewShotFile.Name, _fewShotFile.Sha256);
        }

        return identity
            .With("chat", Options.Chat)
            .With("chat_template", HasNoTemplate ? "none; the markup of Nemotron 3 instead" : null)
            .With("thinking", Options.Chat ? Options.Thinking : null)
            .With("limit", Options.Limit)
            .With("seed", Options.Seed)
            .With("max_tokens", Options.MaxTokensOrDefault)
            .With("temperature", Options.Temperature)
            .With("top_p", Options.TopP)
            .With("prompts_sha256", DataFile.Digest(Texts));
    }

    private string Write(Gsm8kItem item) => _chat is null
        ? Gsm8kPromptFormat.FewShot(Examples, item)
        : _chat.Render(Gsm8kPromptFormat.UserTurn(Examples, item), Options.Thinking);

    /// <summary>Draws the examples, and the problems that are asked from those that are no examples.</summary>
    private static (Gsm8kItem[] Items, Gsm8kItem[] Examples) Divide(DataFile file, DataFile? fewShotFile, Gsm8kOptions options)
    {
        IReadOnlyList<Gsm8kItem> problems = Gsm8kReader.Read(file);
        IReadOnlyList<Gsm8kItem> source = fewShotFile is null ? problems : Gsm8kReader.Read(fewShotFile);
        int needed = options.FewShotOrDefault;
        if (source.Count < needed + (fewShotFile is null ? 1 : 0))
        {
            throw new EvaluationException($"{(fewShotFile ?? file).Path}: holds {source.Count} problems; {needed} examples are to be taken from it");
        }

        int[] drawn = SeededSubset.Draw(source.Count, needed, options.Seed);
        Gsm8kItem[] rest = fewShotFile is null ? [.. problems.Where((_, index) => !drawn.Contains(index))] : [.. problems];
        int[] asked = SeededSubset.Draw(rest.Length, options.Limit, options.Seed);
        return (Array.ConvertAll(asked, index => rest[index]), Array.ConvertAll(drawn, index => source[index]));
    }
}
