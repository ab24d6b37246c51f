using NemotronH.Quantization;

namespace NemotronH.Benchmarks;

/// <summary>Decode steps of one batch size.</summary>
public sealed record DecodeResult
{
    /// <summary>How NVFP4 weights were applied.</summary>
    public required Nvfp4Method Method { get; init; }

    /// <summary>How steps were launched.</summary>
    public required StepLaunch Launch { get; init; }

    /// <summary>Sequences.</summary>
    public required int Batch { get; init; }

    /// <summary>Tokens of each.</summary>
    public required int Context { get; init; }

    /// <summary>Milliseconds of a step; a sample is the mean of a repetition's steps.</summary>
    public required Measurement Step { get; init; }

    /// <summary>The step's time over that of the graph, over the same tokens in the same round; <see langword="null"/> where there was no graph beside it.</summary>
    public Measurement? OfGraph { get; init; }

    /// <summary>Microseconds that the host takes to queue a step; <see langword="null"/> where it waits for each.</summary>
    public Measurement? HostMicroseconds { get; init; }

    /// <summary>Bytes that a step moves, by kind.</summary>
    public required StepTraffic Traffic { get; init; }

    /// <summary>Bytes that a step moves.</summary>
    public double Bytes => Traffic.Total;

    /// <summary>Those bytes in that time, relative to the bandwidth of a large copy.</summary>
    public required double StreamFraction { get; init; }

    /// <summary>Distinct routed experts of a block that uniform routing would hit.</summary>
    public double? ExpectedExperts { get; init; }

    /// <summary>Distinct routed experts of a block that the measured step hit, on average over the blocks; <see langword="null"/> where not read.</summary>
    public double? MeasuredExperts { get; init; }

    /// <summary>Tokens of all sequences in a second, by the median.</summary>
    public double TokensPerSecond => Batch / Step.Median * 1000;
}
