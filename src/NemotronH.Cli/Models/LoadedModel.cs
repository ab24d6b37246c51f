using System.CommandLine;
using System.Diagnostics;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Configuration;

namespace NemotronH.Cli.Models;

/// <summary>A model that was loaded for a command.</summary>
/// <param name="Model">The model.</param>
/// <param name="LoadTime">How long loading took, libtorch included.</param>
internal sealed record LoadedModel(LanguageModel Model, TimeSpan LoadTime) : IDisposable
{
    /// <summary>Loads a model, showing progress on a terminal.</summary>
    /// <param name="directory">The model's directory.</param>
    /// <param name="options">The command's options.</param>
    /// <param name="parse">The command line.</param>
    /// <param name="streams">Where to show progress.</param>
    /// <param name="cancellationToken">Looked at after each block.</param>
    /// <exception cref="NemotronHException">The model, libtorch or the device is not what it should be.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static LoadedModel Load(
        string directory, RunOptions options, ParseResult parse, StandardStreams streams, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        double blocks = NemotronHConfigReader.Load(directory).Layers.Length;
        LanguageModel model = ProgressDisplay.Run(
            streams,
            "loading",
            progress => LanguageModel.Load(directory, options.Read(parse), new Relay<int>(loaded => progress.Report(loaded / blocks))),
            cancellationToken);
        DecodeNotice.Write(streams, model.DecodeNote);
        return new LoadedModel(model, clock.Elapsed);
    }

    public void Dispose() => Model.Dispose();
}
