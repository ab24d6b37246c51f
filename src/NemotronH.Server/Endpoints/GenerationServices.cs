using Microsoft.Extensions.Logging;
using NemotronH.Server.Serving;
using NemotronH.Server.Telemetry;

namespace NemotronH.Server.Endpoints;

/// <summary>What the endpoints that have the model generate work with.</summary>
/// <param name="Model">The model.</param>
/// <param name="Options">The server's limits.</param>
/// <param name="Admissions">Lets requests in.</param>
/// <param name="Preparation">Has them wait for their turn to be tokenized.</param>
/// <param name="Metrics">Measures.</param>
/// <param name="Loggers">Make what is told of each request.</param>
internal sealed record GenerationServices(
    ServedModel Model, ServerOptions Options, Admissions Admissions, Preparation Preparation, ServerMetrics Metrics, ILoggerFactory Loggers);
