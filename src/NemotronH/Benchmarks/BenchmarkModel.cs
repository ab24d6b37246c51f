using NemotronH.Caching;
using NemotronH.Generation;
using NemotronH.Generation.Recorded;
using NemotronH.Modules;
using NemotronH.Quantization;

namespace NemotronH.Benchmarks;

/// <summary>A model that is loaded to be measured.</summary>
internal sealed class BenchmarkModel : IDisposable
{
    /// <summary>Loads a model.</summary>
    /// <param name="setup">What to load, and where.</param>
    /// <param name="method">How NVFP4 weights are applied.</param>
    /// <param name="progress">Told how many blocks are loaded.</param>
    /// <exception cref="NemotronHException">The memory does not suffice; the message says for what.</exception>
    public BenchmarkModel(BenchmarkSetup setup, Nvfp4Method method, IProgress<int>? progress)
    {
        try
        {
            var placement = new ModelPlacement(setup.Device, "take fewer layers, sequences or tokens");
            WeightOptions weights = setup.Weights with { Nvfp4Method = method, PackForFewRows = SmallModel.Decodes(setup.Config, setup.Caches) };
            Model = placement.Weights(setup.Config, new WeightLoader(setup.Source, weights, setup.Quantization), clampLikeHf: false, progress);
            Cache = placement.Caches(setup.Config, setup.Caches);
            var options = new RecordedDecoderOptions { MaxBatch = setup.MaxBatch };
            (Decoder, DecodeNote) = setup.IsRecorded && setup.Options.Batches.Count > 0 ? placement.Decoder(Model, Cache, options) : (null, null);
            if (DecodeNote is not null && setup.Options.Profile)
            {
                throw new NemotronHException($"there are no kernels to profile: {DecodeNote}");
            }

            Runner = new ModelRunner(Model, Cache, setup.Options.PrefillChunks.Append(1).Max());
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The model.</summary>
    public NemotronHModel Model { get; }

    /// <summary>Its caches.</summary>
    public ModelCache Cache { get; }

    /// <summary>Its decode steps, where those are recorded.</summary>
    public RecordedDecoder? Decoder { get; }

    /// <summary>Why its modules decode where steps could be recorded, were the model of another shape.</summary>
    public string? DecodeNote { get; }

    /// <summary>Runs its modules.</summary>
    public ModelRunner Runner { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Decoder?.Dispose();
        Cache?.Dispose();
        Model?.Dispose();
    }
}
