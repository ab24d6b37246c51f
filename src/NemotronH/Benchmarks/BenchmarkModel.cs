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
            Model = LoadWeights(setup, method, progress);
            Cache = MemoryPlan.Place(() => "the caches", setup.Device, () => new ModelCache(setup.Config, setup.Caches));
            var options = new RecordedDecoderOptions { MaxBatch = setup.MaxBatch, Nvfp4Method = method };
            Decoder = setup.IsRecorded && setup.Options.Batches.Count > 0
                ? MemoryPlan.Place(() => "the buffers of decode steps", setup.Device, () => new RecordedDecoder(Model, Cache, options))
                : null;
            Runner = new ModelRunner(Model, Cache, setup.Options.PrefillChunk);
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

    /// <summary>Runs its modules.</summary>
    public ModelRunner Runner { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Decoder?.Dispose();
        Cache?.Dispose();
        Model?.Dispose();
    }

    private static NemotronHModel LoadWeights(BenchmarkSetup setup, Nvfp4Method method, IProgress<int>? progress)
    {
        int loaded = 0;
        var weights = new WeightOptions { Device = setup.Device, ComputeDtype = setup.Dtype, Nvfp4Method = method };
        var loader = new WeightLoader(setup.Source, weights, setup.Quantization);
        return MemoryPlan.Place(
            () => $"the weights, {loaded} of {setup.Config.Layers.Length} layers of which are loaded",
            setup.Device,
            () => new NemotronHModel(setup.Config, loader, progress: new Counter(count => progress?.Report(loaded = count))));
    }

    private sealed class Counter(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
