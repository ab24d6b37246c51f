using System.CommandLine;
using System.Diagnostics;
using NemotronH.Cli.Options;
using NemotronH.Cli.Output;
using NemotronH.Generation;

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
        LanguageModel model = LoadingDisplay.Run(
            streams, progress => LanguageModel.Load(directory, options.Read(parse), planned: Show, reading: progress), cancellationToken);
        DecodeNotice.Write(streams, model.DecodeNote);
        return new LoadedModel(model, clock.Elapsed);

        void Show(ModelMemory memory)
        {
            if (SharedOptions.IsVerbose(parse))
            {
                streams.Error.WriteLine(memory);
            }
        }
    }

    public void Dispose() => Model.Dispose();
}
