using System.CommandLine;
using NemotronH.Cli.Models;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Configuration;
using NemotronH.Text;

namespace NemotronH.Cli.Commands.Eval;

/// <summary>A model that is to be evaluated: its tokenizer at first, so that the data are checked, and its weights once their room is known.</summary>
internal sealed class EvaluatedModel
{
    private readonly ModelOptions _options;
    private readonly StandardStreams _streams;
    private readonly NemotronHConfig _config;

    /// <summary>Finds a model and reads its tokenizer.</summary>
    /// <param name="model">A directory or a name; <see langword="null"/> for the default model.</param>
    /// <param name="run">The command's options.</param>
    /// <param name="parse">The command line.</param>
    /// <param name="streams">Where to show progress.</param>
    /// <exception cref="NemotronHException">There is no such model, or it has no tokenizer.</exception>
    public EvaluatedModel(string? model, RunOptions run, ParseResult parse, StandardStreams streams)
    {
        Path = ModelLocator.OfProgram.Find(model);
        _config = NemotronHConfigReader.Load(Path);
        Tokenizer = Tokenizer.Load(Path);
        _options = run.Read(parse);
        _streams = streams;
    }

    /// <summary>The model's directory.</summary>
    public string Path { get; }

    /// <summary>Its tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Longest sequence that it may be asked for.</summary>
    public int MaxContext => _options.MaxContext ?? _config.MaxPositionEmbeddings;

    /// <summary>Loads the weights, with room for what a benchmark runs.</summary>
    /// <param name="sequences">Sequences at once.</param>
    /// <param name="longest">Tokens of the longest.</param>
    /// <param name="cancellationToken">Looked at after each block.</param>
    /// <exception cref="NemotronHException">The model is not what it should be.</exception>
    public LanguageModel Load(int sequences, int longest, CancellationToken cancellationToken)
    {
        double blocks = _config.Layers.Length;
        ModelOptions options = _options with
        {
            MaxSequences = Math.Max(_options.MaxSequences, sequences),
            MaxContext = Math.Min(longest, MaxContext),
        };
        LanguageModel model = ProgressDisplay.Run(
            _streams,
            $"loading {Path}",
            progress => LanguageModel.Load(Path, options, new Relay<int>(loaded => progress.Report(loaded / blocks))),
            cancellationToken);
        DecodeNotice.Write(_streams, model.DecodeNote);
        return model;
    }
}
