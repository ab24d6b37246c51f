using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace NemotronH.Server.Telemetry;

/// <summary>
/// What the server measures: for Prometheus under vLLM's names, for OpenTelemetry under those of its conventions for generative AI.
/// </summary>
internal sealed class ServerMetrics : IDisposable
{
    /// <summary>Name of the meter for OpenTelemetry.</summary>
    internal const string MeterName = "NemotronH.Server";

    private readonly string _model;
    private readonly Meter _meter = new(MeterName);
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _first;
    private readonly Histogram<double> _perToken;

    /// <summary>Creates the instruments.</summary>
    /// <param name="model">What clients call the model.</param>
    public ServerMetrics(string model)
    {
        _model = model;
        _duration = Seconds("gen_ai.server.request.duration", 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);
        _first = Seconds("gen_ai.server.time_to_first_token", 0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10);
        _perToken = Seconds("gen_ai.server.time_per_output_token", 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5);
    }

    /// <summary>Answers that ended, by the reason.</summary>
    internal ConcurrentDictionary<string, long> Finished { get; } = [];

    /// <summary>Requests by the status of their answer.</summary>
    internal ConcurrentDictionary<string, long> Statuses { get; } = [];

    /// <summary>Seconds from a request's arrival to its first token.</summary>
    internal Histogram TimeToFirstToken { get; } =
        new(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160);

    /// <summary>Seconds between two tokens: the mean of an answer, once for each of its further tokens.</summary>
    internal Histogram InterTokenLatency { get; } =
        new(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 10, 20, 40, 80);

    /// <summary>Seconds from a request's arrival to an answer's end.</summary>
    internal Histogram EndToEnd { get; } = OfSeconds();

    /// <summary>Seconds that an answer waited for a slot.</summary>
    internal Histogram Queued { get; } = OfSeconds();

    /// <summary>Seconds from the slot to the first token.</summary>
    internal Histogram Prefill { get; } = OfSeconds();

    /// <summary>Seconds from the first token to the last.</summary>
    internal Histogram Decode { get; } = OfSeconds();

    /// <summary>Seconds from the slot to the last token.</summary>
    internal Histogram Inference { get; } = OfSeconds();

    /// <summary>Tokens of prompts.</summary>
    internal Histogram PromptTokens { get; } = OfTokens();

    /// <summary>Tokens of answers.</summary>
    internal Histogram GenerationTokens { get; } = OfTokens();

    /// <summary>A first token came.</summary>
    internal void ObserveFirstToken(double seconds, string operation)
    {
        TimeToFirstToken.Observe(seconds);
        _first.Record(seconds, Attributes(operation));
    }

    /// <summary>An answer ended.</summary>
    internal void ObserveEnd(double seconds, double? perToken, string operation, string reason)
    {
        Finished.AddOrUpdate(reason, 1, (_, count) => count + 1);
        EndToEnd.Observe(seconds);
        TagList attributes = Attributes(operation);
        if (perToken is { } each)
        {
            _perToken.Record(each, attributes);
        }

        if (reason == AnswerMeter.Aborted)
        {
            attributes.Add("error.type", reason);
        }

        _duration.Record(seconds, attributes);
    }

    public void Dispose() => _meter.Dispose();

    private Histogram<double> Seconds(string name, params double[] bounds) =>
        _meter.CreateHistogram(name, "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });

    private TagList Attributes(string operation) => new()
    {
        { "gen_ai.operation.name", operation },
        { "gen_ai.provider.name", "nemotronh" },
        { "gen_ai.request.model", _model },
    };

    private static Histogram OfSeconds() => new(0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680);

    private static Histogram OfTokens() =>
        new(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000);
}
