using System.Collections;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace NemotronH.Server.Telemetry;

/// <summary>Sends traces and metrics to an OpenTelemetry collector where the standard variables name one.</summary>
internal static class TelemetryExport
{
    private const string Prefix = "OTEL_";
    private const string ServiceNameVariable = "OTEL_SERVICE_NAME";

    private static readonly string[] Endpoints =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    /// <summary>Adds the exporters; the variables of OpenTelemetry's specification say where to and how.</summary>
    internal static void AddTelemetryExport(this WebApplicationBuilder builder)
    {
        bool isDisabled = string.Equals(Environment.GetEnvironmentVariable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);
        if (isDisabled || !Endpoints.Any(name => Environment.GetEnvironmentVariable(name) is { Length: > 0 }))
        {
            return;
        }

        builder.Configuration.AddInMemoryCollection(ReadVariables());
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource =>
            {
                if (Environment.GetEnvironmentVariable(ServiceNameVariable) is not { Length: > 0 })
                {
                    resource.AddService("nemotronh");
                }
            })
            .WithTracing(tracing => tracing.AddSource("Microsoft.AspNetCore").AddOtlpExporter())
            .WithMetrics(metrics => metrics
                .AddMeter(ServerMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddOtlpExporter());
    }

    /// <summary>The SDK reads the host's configuration, which holds no variables of the environment else.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> ReadVariables() => Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .Select(variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value))
        .Where(variable => variable.Key.StartsWith(Prefix, StringComparison.Ordinal));
}
