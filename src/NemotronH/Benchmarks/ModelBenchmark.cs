using System.Diagnostics;
using NemotronH.Configuration;
using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Interop;
using NemotronH.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace NemotronH.Benchmarks;

/// <summary>Measures a model: decode steps, prompts, and on a GPU each kind of kernel, against the bandwidth of the device's memory.</summary>
public sealed class ModelBenchmark
{
    private readonly BenchmarkOptions _options;
    private readonly IProgress<BenchmarkProgress>? _progress;
    private readonly int _parts;
    private int _done;

    private ModelBenchmark(BenchmarkSetup setup, IProgress<BenchmarkProgress>? progress)
    {
        _options = setup.Options;
        _progress = progress;
        int perMethod = 1 + (_options.Batches.Count * (_options.Profile ? 2 : 1)) + _options.Prompts.Count;
        _parts = 1 + (setup.Methods.Count * perMethod);
    }

    /// <summary>Runs a benchmark on the calling thread.</summary>
    /// <param name="options">What to measure.</param>
    /// <param name="planned">Told what the model will take, before it is loaded.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="cancellationToken">Checked between measurements.</param>
    /// <returns>What was measured.</returns>
    /// <exception cref="NemotronHException">The options do not fit the model, or the model does not fit the device's memory.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was asked for.</exception>
    public static BenchmarkReport Run(
        BenchmarkOptions options,
        Action<MemoryPlan>? planned = null,
        IProgress<BenchmarkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var setup = new BenchmarkSetup(options);
        string device = NameOf(setup.Device);
        MemoryPlan memory = setup.PlanMemory();
        planned?.Invoke(memory);
        memory.Verify(options.Name, device);
        return new ModelBenchmark(setup, progress).Run(setup, device, memory, cancellationToken);
    }

    private BenchmarkReport Run(BenchmarkSetup setup, string device, MemoryPlan memory, CancellationToken cancellationToken)
    {
        DateTimeOffset started = DateTimeOffset.UtcNow;
        Report("stream bandwidth", 0);
        double bandwidth = StreamBandwidth.Measure(setup.Device);
        double? matmul = _options.Prompts.Count > 0 ? MatmulRate.Measure(setup.Device, setup.Dtype) : null;
        _done++;
        var load = new Dictionary<Nvfp4Method, double>();
        var decode = new List<DecodeResult>();
        var prefill = new List<PrefillResult>();
        var profiles = new List<StepProfile>();
        string? note = null;
        foreach (Nvfp4Method method in setup.Methods)
        {
            long start = Stopwatch.GetTimestamp();
            using BenchmarkModel model = Load(setup, method, cancellationToken);
            note ??= model.DecodeNote;
            load.Add(method, Stopwatch.GetElapsedTime(start).TotalSeconds);
            _done++;
            decode.AddRange(Each(_options.Batches, "decode, batch", batch =>
                new DecodeBenchmark(setup, model, method, bandwidth).Run(batch, cancellationToken)).SelectMany(results => results));
            profiles.AddRange(Profile(setup, model, method, bandwidth, decode, cancellationToken));
            prefill.AddRange(Each(_options.Prompts, "prefill, tokens", prompt =>
                new PrefillBenchmark(setup, model, method, matmul!.Value).Run(prompt, cancellationToken)).SelectMany(results => results));
        }

        return new BenchmarkReport
        {
            Started = started,
            Model = _options.Name,
            Layout = setup.Layout,
            Layers = setup.Config.Layers.Length,
            Parameters = ModelFootprint.Of(setup.Config).Parameters,
            Device = device,
            Dtype = TypeName(setup.Dtype),
            KeyValueDtype = TypeName(setup.KeyValueDtype),
            Memory = memory,
            StreamBytesPerSecond = bandwidth,
            MatmulOperationsPerSecond = matmul,
            FastPrefill = _options.FastPrefill,
            ResidentExperts = _options.ResidentExperts,
            PackedRowsPerExpert = _options.PackedRowsPerExpert,
            DecodeNote = note,
            LoadSeconds = load,
            Decode = decode,
            Prefill = prefill,
            Profiles = profiles,
        };
    }

    private BenchmarkModel Load(BenchmarkSetup setup, Nvfp4Method method, CancellationToken cancellationToken)
    {
        double layers = setup.Config.Layers.Length;
        return new BenchmarkModel(setup, method, new LayerProgress(loaded =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            Report("loading", loaded / layers);
        }));
    }

    private List<StepProfile> Profile(
        BenchmarkSetup setup, BenchmarkModel model, Nvfp4Method method, double bandwidth, List<DecodeResult> decode, CancellationToken cancellationToken)
    {
        if (!_options.Profile || model.Decoder is null)
        {
            return [];
        }

        return Each(_options.Batches, "kernels, batch", batch =>
        {
            DecodeResult step = decode.First(result => result.Method == method && result.Batch == batch);
            return new ProfileBenchmark(setup, model, method, bandwidth).Run(step, cancellationToken);
        });
    }

    private List<T> Each<T>(IReadOnlyList<int> sizes, string what, Func<int, T> measure)
    {
        var results = new List<T>();
        foreach (int size in sizes)
        {
            Report($"{what} {size}", 0);
            results.Add(measure(size));
            _done++;
        }

        return results;
    }

    private void Report(string doing, double part) => _progress?.Report(new BenchmarkProgress(doing, (_done + part) / _parts));

    private static string NameOf(Device device)
    {
        if (device.type == DeviceType.CPU)
        {
            return $"CPU, {get_num_threads()} threads";
        }

        return CudaContext.For(Math.Max(0, device.index)).ToString();
    }

    private static string TypeName(ScalarType type) => type == AtenInterop.Float8E4M3 ? "fp8" : type.ToString().ToLowerInvariant();

    private sealed class LayerProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
