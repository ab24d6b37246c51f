using System.Collections;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace NemotronH.Server.Telemetry;

/// <summary>Sends traces and metrics to an OpenTelemetry collector where the standard variables name one.</summary>
internal static class TelemetryExport
{
    private const string Prefix = "OTEL_";
    private const string ServiceNameVariable = "OTEL_SERVICE_NAME";

    /// <summary>Adds the exporters; the variables of OpenTelemetry's specification say where to and how.</summary>
    internal static void AddTelemetryExport(this WebApplicationBuilder builder)
    {
        (bool traces, bool metrics) = (IsWanted("TRACES"), IsWanted("METRICS"));
        if (string.Equals(Read("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase) || !(traces || metrics))
        {
            return;
        }

        builder.Configuration.AddInMemoryCollection(ReadVariables());
        OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource =>
        {
            if (Read(ServiceNameVariable) is null)
            {
                resource.AddService("nemotronh");
            }
        });
        if (traces)
        {
            telemetry.WithTracing(tracing => tracing.AddSource("Microsoft.AspNetCore").AddOtlpExporter());
        }

        if (metrics)
        {
            telemetry.WithMetrics(meters => meters
                .AddMeter(ServerMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddOtlpExporter());
        }
    }

    /// <summary>Whether a collector is named for a signal, or for all, and the signal is not turned off.</summary>
    private static bool IsWanted(string signal) =>
        (Read("OTEL_EXPORTER_OTLP_ENDPOINT") ?? Read($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")) is not null
        && Read($"OTEL_{signal}_EXPORTER") != "none";

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    /// <summary>The SDK reads the host's configuration, which holds no variables of the environment else.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> ReadVariables() => Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .Select(variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value))
        .Where(variable => variable.Key.StartsWith(Prefix, StringComparison.Ordinal));
}
