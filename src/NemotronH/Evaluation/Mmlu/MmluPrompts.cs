using NemotronH.Checkpoints;
using NemotronH.Evaluation.Runs;
using NemotronH.Evaluation.Scoring;
using NemotronH.Text;

namespace NemotronH.Evaluation.Mmlu;

/// <summary>The questions that are asked, as contexts with four continuations each.</summary>
public sealed class MmluPrompts
{
    private readonly string _name;
    private readonly MmluData _data;
    private readonly MmluData? _examples;

    private MmluPrompts(
        string path, MmluData data, MmluData? examples, MmluOptions options, MmluQuestion[] questions, string[] contexts, Tokenizer tokenizer)
    {
        _name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        _data = data;
        _examples = examples;
        Options = options;
        Questions = questions;
        Contexts = contexts;
        Continuations = [.. contexts.AsParallel().AsOrdered().Select(context => Letters(tokenizer, context))];
    }

    /// <summary>How the questions are asked.</summary>
    public MmluOptions Options { get; }

    /// <summary>The questions, in order.</summary>
    public IReadOnlyList<MmluQuestion> Questions { get; }

    /// <summary>The text before the letter, for each question.</summary>
    public IReadOnlyList<string> Contexts { get; }

    /// <summary>Tokens of the longest prompt.</summary>
    public int LongestPrompt => Continuations.Max(letters => letters.Max(letter => letter.Tokens.Length - 1));

    /// <summary>For each question the four letters behind its context.</summary>
    internal IReadOnlyList<Continuation[]> Continuations { get; }

    /// <summary>Reads the questions and writes their prompts.</summary>
    /// <param name="path">A folder with <c>test/SUBJECT_test.csv</c> or <c>test-*.parquet</c>, or a parquet file.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">How to ask.</param>
    /// <returns>The prompts.</returns>
    /// <exception cref="NemotronHException">A file is not what it should be, or there are too few examples.</exception>
    public static MmluPrompts Load(string path, Tokenizer tokenizer, MmluOptions? options = null)
    {
        options ??= new MmluOptions();
        MmluData data = MmluData.LoadTest(path);
        if (data.Questions.Count == 0)
        {
            throw new EvaluationException($"{path}: holds no questions");
        }

        MmluData? dev = options.FewShot > 0 ? MmluData.LoadDev(options.FewShotPath ?? path) : null;
        ILookup<string, MmluQuestion> bySubject = (dev?.Questions ?? []).ToLookup(question => question.Subject);
        int[] drawn = SeededSubset.Draw(data.Questions.Count, options.Limit, options.Seed);
        MmluQuestion[] questions = Array.ConvertAll(drawn, index => data.Questions[index]);
        string[] contexts = [.. questions.Select(question => MmluPromptFormat.Context(Examples(bySubject, question, options, path), question))];
        return new MmluPrompts(path, data, dev, options, questions, contexts, tokenizer);
    }

    /// <summary>Adds what determines the prompts to a run's identity.</summary>
    internal RunIdentityBuilder Describe(RunIdentityBuilder identity)
    {
        identity.WithData("data", _name, DataFile.Digest(_data.Files)).With("fewshot", Options.FewShot);
        if (_examples is not null)
        {
            identity.With("fewshot_data_sha256", DataFile.Digest(_examples.Files));
        }

        return identity
            .With("limit", Options.Limit)
            .With("seed", Options.Limit is null ? null : Options.Seed)
            .With("prompts_sha256", DataFile.Digest(Contexts));
    }

    private static IEnumerable<MmluQuestion> Examples(
        ILookup<string, MmluQuestion> bySubject, MmluQuestion question, MmluOptions options, string path)
    {
        int found = bySubject[question.Subject].Count();
        return found >= options.FewShot
            ? bySubject[question.Subject].Take(options.FewShot)
            : throw new EvaluationException(
                $"{options.FewShotPath ?? path}: has {found} dev questions of {Message.Quote(question.Subject)}; " +
                $"{options.FewShot} examples are to be taken");
    }

    private static Continuation[] Letters(Tokenizer tokenizer, string context) =>
        [.. Enumerable.Range(0, MmluQuestion.ChoiceCount).Select(choice => Continuation.Encode(tokenizer, context, MmluPromptFormat.Letter(choice)))];
}
