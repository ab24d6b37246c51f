using System.Diagnostics;
using NemotronH.Generation;
using NemotronH.Generation.Recorded;
using NemotronH.Quantization;
using static TorchSharp.torch;

namespace NemotronH.Benchmarks;

/// <summary>Times decode steps.</summary>
/// <param name="setup">What to measure.</param>
/// <param name="model">The model.</param>
/// <param name="method">How its NVFP4 weights are applied.</param>
/// <param name="streamBytesPerSecond">Bandwidth to compare with.</param>
internal sealed class DecodeBenchmark(BenchmarkSetup setup, BenchmarkModel model, Nvfp4Method method, double streamBytesPerSecond)
{
    private const int QueuedForHostTime = 4;
    private const int QueuedBeforeCounting = 8;

    private readonly BenchmarkOptions _options = setup.Options;

    /// <summary>Times the steps of one batch size.</summary>
    /// <param name="batch">Sequences.</param>
    /// <param name="cancellationToken">Checked between repetitions.</param>
    /// <returns>A result for each way to launch.</returns>
    public IReadOnlyList<DecodeResult> Run(int batch, CancellationToken cancellationToken)
    {
        using var sequences = new FilledSequences(
            model.Cache, batch, _options.Context - 1, _options.Generate + 1, setup.Config.VocabSize);
        if (model.Decoder is not { } decoder)
        {
            return [Result(batch, StepLaunch.Modules, Measurement.Of(Rounds([() => TimeModules(sequences)], cancellationToken)[0]), null, null)];
        }

        // In turns, so that a clock or a temperature that changes meanwhile changes for all.
        StepLaunch[] launches = [.. _options.Launches];
        double[][] steps = Rounds([.. launches.Select(launch => (Func<double>)(() => TimeSteps(decoder, sequences, launch)))], cancellationToken);
        double[][] host = Rounds([.. launches.Select(launch => (Func<double>)(() => TimeHost(decoder, sequences, launch)))], cancellationToken);
        double? experts = CountExperts(decoder, sequences);
        int graph = Array.IndexOf(launches, StepLaunch.Graph);
        return
        [
            .. launches.Select((launch, i) => Result(batch, launch, Measurement.Of(steps[i]), Measurement.Of(host[i]), experts) with
            {
                OfGraph = graph >= 0 && graph != i ? Measurement.Of([.. steps[i].Zip(steps[graph], (own, other) => own / other)]) : null,
            }),
        ];
    }

    /// <summary>Queues one step.</summary>
    internal static void Queue(RecordedDecoder decoder, int batch, StepLaunch launch)
    {
        if (launch == StepLaunch.Eager)
        {
            decoder.StepOf(batch).Launch(decoder.Stream);
        }
        else
        {
            decoder.Queue(batch);
        }
    }

    /// <summary>Writes the rows of the sequences where they stood at first: whatever way steps are launched, they choose the same tokens.</summary>
    /// <returns>The batch size that was written.</returns>
    internal static int Write(RecordedDecoder decoder, FilledSequences sequences, double temperature)
    {
        int batch = DecodeBuckets.Of(sequences.Rows.Count);
        sequences.Rewind();
        var sampling = new SamplingOptions { Temperature = temperature };
        decoder.Write(batch, [.. sequences.Rows.Select((row, i) => new DecodeRow(row.Sequence, row.Token) { Sampling = sampling, Seed = (ulong)i })]);
        return batch;
    }

    /// <summary>Takes a sample of each kind in every round; the first round warms up and does not count.</summary>
    /// <returns>The samples of each kind, round by round.</returns>
    private double[][] Rounds(Func<double>[] kinds, CancellationToken cancellationToken)
    {
        var rounds = new List<double[]>();
        for (int i = 0; i <= _options.Repeat; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            rounds.Add([.. kinds.Select(sample => sample())]);
        }

        return [.. kinds.Select((_, kind) => rounds.Skip(1).Select(round => round[kind]).ToArray())];
    }

    private double TimeSteps(RecordedDecoder decoder, FilledSequences sequences, StepLaunch launch)
    {
        int batch = Write(decoder, sequences, _options.Temperature);
        return GpuClock.Time(decoder.Stream, QueueAll) / _options.Generate;

        void QueueAll()
        {
            for (int i = 0; i < _options.Generate; i++)
            {
                Queue(decoder, batch, launch);
            }
        }
    }

    /// <summary>Microseconds to queue a step while the GPU has room in its queue.</summary>
    private double TimeHost(RecordedDecoder decoder, FilledSequences sequences, StepLaunch launch)
    {
        int batch = Write(decoder, sequences, _options.Temperature);
        int steps = launch == StepLaunch.Eager ? 1 : Math.Min(QueuedForHostTime, _options.Generate);
        decoder.Stream.Synchronize();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < steps; i++)
        {
            Queue(decoder, batch, launch);
        }

        double microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds / steps;
        decoder.Stream.Synchronize();
        return microseconds;
    }

    private double TimeModules(FilledSequences sequences)
    {
        sequences.Rewind();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < _options.Generate; i++)
        {
            using Tensor logits = model.Runner.Decode(sequences.Rows);
            using Tensor onHost = logits.cpu();
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / _options.Generate;
    }

    /// <summary>The mean over the blocks of how many experts a step's tokens chose.</summary>
    private double? CountExperts(RecordedDecoder decoder, FilledSequences sequences)
    {
        int batch = Write(decoder, sequences, _options.Temperature);
        for (int i = 1; i < Math.Min(QueuedBeforeCounting, _options.Generate); i++)
        {
            Queue(decoder, batch, StepLaunch.Eager);
        }

        var counts = new List<int>();
        decoder.StepOf(batch).Launch(decoder.Stream, layer =>
        {
            if (layer is ExpertsStep experts)
            {
                decoder.Stream.Synchronize();
                using Tensor count = experts.ActiveCount.cpu();
                counts.Add(count.item<int>());
            }
        });
        decoder.Stream.Synchronize();
        return counts.Count > 0 ? counts.Average() : null;
    }

    private DecodeResult Result(int batch, StepLaunch launch, Measurement step, Measurement? host, double? experts)
    {
        StepTraffic traffic = setup.Traffic.Of(batch, _options.Context, method == Nvfp4Method.Dequantize);
        return new DecodeResult
        {
            Method = method,
            Launch = launch,
            Batch = batch,
            Context = _options.Context,
            Step = step,
            HostMicroseconds = host,
            Traffic = traffic,
            StreamFraction = traffic.Total / (step.Median / 1000) / streamBytesPerSecond,
            ExpectedExperts = setup.Config.Moe is { } moe ? StepTrafficModel.ExpectedExperts(moe, batch) : null,
            MeasuredExperts = experts,
        };
    }
}
