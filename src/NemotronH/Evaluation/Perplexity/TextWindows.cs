using NemotronH.Evaluation.Runs;
using NemotronH.Evaluation.Scoring;
using NemotronH.Text;

namespace NemotronH.Evaluation.Perplexity;

/// <summary>A text file as token ids, cut into windows.</summary>
public sealed class TextWindows
{
    private readonly DataFile _file;
    private readonly Tokenizer _tokenizer;
    private readonly int[] _ids;

    private TextWindows(DataFile file, Tokenizer tokenizer, int[] ids, SlidingWindow[] windows, TextWindowOptions options)
    {
        _file = file;
        _tokenizer = tokenizer;
        _ids = ids;
        Windows = windows;
        Options = options;
    }

    /// <summary>The windows that are scored, in order.</summary>
    public IReadOnlyList<SlidingWindow> Windows { get; }

    /// <summary>How the text was cut.</summary>
    public TextWindowOptions Options { get; }

    /// <summary>Tokens of the text.</summary>
    public int TokenCount => _ids.Length;

    /// <summary>Tokens of the longest window.</summary>
    public int LongestWindow => Windows.Max(window => window.Length);

    internal IReadOnlyList<int> Ids => _ids;

    /// <summary>Reads and cuts a text. It is tokenized as it stands: special tokens in it are recognised, none are added.</summary>
    /// <param name="path">A UTF-8 file; a byte order mark and line ends are part of the text.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">How to cut it.</param>
    /// <returns>The windows.</returns>
    /// <exception cref="NemotronHException">The file cannot be read, is not UTF-8 or is too short, or an option is out of its range.</exception>
    public static TextWindows Load(string path, Tokenizer tokenizer, TextWindowOptions? options = null)
    {
        options ??= new TextWindowOptions();
        options.Validate();
        DataFile file = DataFile.Read(path);
        int[] ids = tokenizer.Encode(file.Text(), addSpecialTokens: false);
        ids = ids[..Math.Min(options.MaxTokens ?? ids.Length, ids.Length)];
        if (ids.Length < 2)
        {
            throw new EvaluationException($"{path}: has {ids.Length} tokens; expected at least 2");
        }

        SlidingWindow[] all = [.. SlidingWindow.Cover(ids.Length, options.Window, options.StrideOrDefault)];
        SlidingWindow[] drawn = [.. SeededSubset.Draw(all.Length, options.Limit, options.Seed).Select(index => all[index])];
        return new TextWindows(file, tokenizer, ids, drawn, options);
    }

    /// <summary>Checks that another model reads the text as the same tokens.</summary>
    /// <param name="other">The other model's tokenizer.</param>
    /// <param name="name">What to call that model.</param>
    /// <exception cref="EvaluationException">It does not.</exception>
    internal void RequireSameTokens(Tokenizer other, string name)
    {
        int[] ids = other.Encode(_file.Text(), addSpecialTokens: false);
        int same = ids.AsSpan().CommonPrefixLength(_ids);
        if (same < _ids.Length)
        {
            throw new EvaluationException(
                $"{name}: its tokenizer reads {_file.Path} otherwise from token {same} on; only models with the same tokenizer can be compared");
        }
    }

    /// <summary>A window as what the model runs.</summary>
    internal ScoredSequence Sequence(SlidingWindow window) =>
        ScoredSequence.Predicting(_ids.AsMemory(window.Begin, window.Length), window.FirstScored - window.Begin);

    /// <summary>The scored tokens of a window.</summary>
    internal ReadOnlySpan<int> Targets(SlidingWindow window) => _ids.AsSpan(window.FirstScored, window.ScoredCount);

    /// <summary>Bytes that the scored tokens of all windows stand for.</summary>
    internal long CountScoredBytes()
    {
        long bytes = 0;
        foreach (SlidingWindow window in Windows)
        {
            foreach (int id in Targets(window))
            {
                bytes += _tokenizer.BytesOf(id, skipSpecialTokens: false).Length;
            }
        }

        return bytes;
    }

    /// <summary>Adds what determines the windows to a run's identity.</summary>
    internal RunIdentityBuilder Describe(RunIdentityBuilder identity) => identity
        .WithData("data", _file.Name, _file.Sha256)
        .With("window", Options.Window)
        .With("stride", Options.StrideOrDefault)
        .With("max_tokens", Options.MaxTokens)
        .With("limit", Options.Limit)
        .With("seed", Options.Limit is null ? null : Options.Seed);
}
