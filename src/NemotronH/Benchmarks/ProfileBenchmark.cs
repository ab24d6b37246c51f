using NemotronH.Generation.Recorded;
using NemotronH.Kernels.Cuda;
using NemotronH.Kernels.Cuda.Products;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Benchmarks;

/// <summary>
/// Times each kind of kernel of a decode step alone: all of a step's launches of it, one after the other in one graph. Those of different layers read
/// different weights, so that the second-level cache helps no more than it does in a step, as long as they exceed it together.
/// </summary>
/// <param name="setup">What to measure.</param>
/// <param name="model">The model, whose steps are recorded.</param>
/// <param name="method">How its NVFP4 weights are applied.</param>
/// <param name="streamBytesPerSecond">Bandwidth to compare with.</param>
internal sealed class ProfileBenchmark(BenchmarkSetup setup, BenchmarkModel model, Nvfp4Method method, double streamBytesPerSecond)
{
    private const int LaunchesOfGraph = 24;
    private const int BufferBytes = 2;

    /// <summary>Times the kernels of one batch size.</summary>
    /// <param name="step">The whole step, as measured.</param>
    /// <param name="cancellationToken">Checked between kinds.</param>
    public StepProfile Run(DecodeResult step, CancellationToken cancellationToken)
    {
        RecordedDecoder decoder = model.Decoder!;
        using var sequences = new FilledSequences(
            model.Cache, step.Batch, setup.Options.Context - 1, setup.Options.Generate + 1, setup.Config.VocabSize);
        var kernels = new List<KernelProfile>();
        List<(string Name, LoggedLaunch Launch, double? Bytes)> all = Log(decoder, sequences, step.MeasuredExperts);
        foreach (var kind in all.GroupBy(launch => launch.Name))
        {
            cancellationToken.ThrowIfCancellationRequested();
            LoggedLaunch[] launches = [.. kind.Select(launch => launch.Launch)];
            DecodeBenchmark.Write(decoder, sequences, setup.Options.Temperature); // Launches that advance the sequences had better not go on from there.
            double microseconds = Time(decoder, launches);
            double? bytes = kind.First().Bytes is null ? StateBytes(kind.Key, step.Traffic) : kind.Sum(launch => launch.Bytes);
            kernels.Add(new KernelProfile(kind.Key, launches.Length, microseconds, bytes, bytes / (microseconds / 1e6) / streamBytesPerSecond));
        }

        return new StepProfile(method, step.Batch, step.Step.Median * 1000, kernels);
    }

    /// <summary>Runs a step and names its launches.</summary>
    private List<(string Name, LoggedLaunch Launch, double? Bytes)> Log(RecordedDecoder decoder, FilledSequences sequences, double? experts)
    {
        int batch = DecodeBenchmark.Write(decoder, sequences, setup.Options.Temperature);
        using var log = LaunchLog.Open();
        DecodeBenchmark.Queue(decoder, batch, StepLaunch.Eager);
        decoder.Stream.Synchronize();

        var projections = new ProjectionWeights(model.Model);
        using Tensor? buffer = decoder.DequantizationBytes > 0 ? decoder.Buffer!.View(1) : null;
        (string Name, DeviceWeight[] Weights)? last = null;
        var named = new List<(string, LoggedLaunch, double?)>();
        foreach (LoggedLaunch launch in log.Launches)
        {
            bool usesBuffer = buffer is not null && launch.Uses(buffer);
            (string Name, DeviceWeight[] Weights)? own = launch.Function.Name.Contains("embedding", StringComparison.Ordinal) ? null : projections.Of(launch);
            last = own ?? last;
            (string Name, DeviceWeight[] Weights)? projection = own ?? (usesBuffer ? last : null);
            string name = projection is null ? launch.Function.Name : $"{projection.Value.Name}: {launch.Function.Name}";
            named.Add((name, launch, projection?.Weights.Sum(weight => Bytes(weight, own is not null, usesBuffer, experts))));
        }

        return named;
    }

    /// <summary>Bytes of what kernels without projections read and write: states, keys and values, routers.</summary>
    private static double? StateBytes(string kernel, StepTraffic traffic) => kernel switch
    {
        "ssm_update" => traffic.SsmState,
        "router_topk" => traffic.Router,
        "paged_attention" or "paged_attention_any" => traffic.KeyValues,
        _ => null,
    };

    /// <summary>Bytes of the stored weights where they are read, and of their numbers in the buffer where those are written or read.</summary>
    private static double Bytes(DeviceWeight weight, bool stored, bool buffer, double? experts)
    {
        double share = weight.Count > 1 ? (experts ?? weight.Count) / weight.Count : 1;
        double numbers = (double)weight.Count * weight.Rows * weight.Columns * BufferBytes;
        return share * ((stored ? weight.Bytes : 0) + (buffer ? numbers : 0));
    }

    /// <summary>Microseconds that all launches take.</summary>
    private double Time(RecordedDecoder decoder, LoggedLaunch[] launches)
    {
        int copies = (LaunchesOfGraph + launches.Length - 1) / launches.Length;
        using CudaGraph graph = CudaGraph.Capture(decoder.Stream, Launch, [model, decoder]);
        using CudaGraphExec exec = graph.Instantiate();
        GpuClock.Time(decoder.Stream, () => exec.Launch(decoder.Stream));
        double[] samples = [.. Enumerable.Range(0, setup.Options.Repeat).Select(_ => GpuClock.Time(decoder.Stream, () => exec.Launch(decoder.Stream)))];
        return Measurement.Of(samples).Median * 1000 / copies;

        void Launch()
        {
            for (int copy = 0; copy < copies; copy++)
            {
                Array.ForEach(launches, launch => launch.Launch(decoder.Stream));
            }
        }
    }
}
