using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NemotronH.Generation;
using NemotronH.Server.Endpoints;
using NemotronH.Server.Security;
using NemotronH.Server.Serving;
using NemotronH.Server.Telemetry;

namespace NemotronH.Server;

/// <summary>An HTTP server with OpenAI's API over an engine.</summary>
public sealed partial class ModelServer : IAsyncDisposable
{
    /// <summary>How long connections may take to close after the last answer: what is left of the drain limit, or this where the limit is short.</summary>
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;
    private readonly ServerOptions _options;
    private readonly Admissions _admissions;
    private readonly ILogger _logger;

    private ModelServer(WebApplication app, ServerOptions options)
    {
        _app = app;
        _options = options;
        _admissions = app.Services.GetRequiredService<Admissions>();
        _logger = app.Services.GetRequiredService<ILogger<ModelServer>>();
    }

    /// <summary>Where the server listens.</summary>
    public Uri Address => new(_app.Urls.First());

    /// <summary>Starts a server.</summary>
    /// <param name="engine">The engine, which stays the caller's and must outlive the server.</param>
    /// <param name="options">Where it listens, who may ask, and how much; <see langword="null"/> for the defaults.</param>
    /// <param name="logging">Says where to log; <see langword="null"/> logs nothing.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <returns>The server, which answers already; the caller disposes.</returns>
    /// <exception cref="NemotronHException">An option is not what it should be, the model has no tokenizer, or nobody can listen there.</exception>
    public static async Task<ModelServer> StartAsync(
        InferenceEngine engine,
        ServerOptions? options = null,
        Action<ILoggingBuilder>? logging = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        options ??= new ServerOptions();
        options.Validate();
        WebApplication app = Build(new ServedModel(engine, options), options, logging);
        try
        {
            await app.StartAsync(cancellationToken);
            var server = new ModelServer(app, options);
            bool isKnownByAnyName = options.AllowedHosts.Contains(HostCheck.Anything);
            if (options.ApiKeys.Count == 0 && (isKnownByAnyName || !server.Address.IsLoopback))
            {
                LogOpen(server._logger, server.Address);
            }

            return server;
        }
        catch (Exception failure)
        {
            await app.DisposeAsync();
            throw failure is IOException or SocketException or FormatException or InvalidOperationException
                ? new NemotronHException($"cannot listen on '{options.Url}': {failure.Message}", failure)
                : failure;
        }
    }

    /// <summary>
    /// Stops: new requests are refused with 503, running ones are finished within <see cref="ServerOptions.DrainLimit"/> and cut off then.
    /// </summary>
    /// <returns>A task that ends when the server answers nothing any more.</returns>
    public async Task StopAsync()
    {
        LogDraining(_logger, _options.DrainLimit.TotalSeconds);
        TimeSpan limit = _options.DrainLimit;
        int cut = await _admissions.CloseAsync(limit > 2 * ClosingTime ? limit - ClosingTime : limit / 2);
        if (cut > 0)
        {
            LogCut(_logger, cut);
        }

        using var patience = new CancellationTokenSource(ClosingTime);
        await _app.StopAsync(patience.Token);
        LogStopped(_logger);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static WebApplication Build(ServedModel model, ServerOptions options, Action<ILoggingBuilder>? logging)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(options.Url);
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning);
        logging?.Invoke(builder.Logging);

        // What fails at the start is thrown, and told in one line by who catches it.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.AddGuards(options);
        builder.Services.AddSingleton(model).AddSingleton(_ => Preparation.Of(model, options)).AddSingleton<Admissions>()
            .AddSingleton(_ => new ServerMetrics(model.Name));
        builder.AddTelemetryExport();

        // Signals are the program's: it stops the server when one comes.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        WebApplication app = builder.Build();
        var metrics = app.Services.GetRequiredService<ServerMetrics>();
        app.Use(async (HttpContext context, RequestDelegate next) =>
        {
            try
            {
                await next(context);
            }
            finally
            {
                metrics.Statuses.AddOrUpdate($"{context.Response.StatusCode}", 1, (_, count) => count + 1);
            }
        });
        app.UseGuards(options);
        ServerEndpoints.Map(app, options);
        return app;
    }

    [LoggerMessage(LogLevel.Warning, "there are no API keys: everybody who reaches {Address} is answered")]
    private static partial void LogOpen(ILogger logger, Uri address);

    [LoggerMessage(LogLevel.Information, "stopping: no new requests; running ones have {Seconds} s")]
    private static partial void LogDraining(ILogger logger, double seconds);

    [LoggerMessage(LogLevel.Warning, "{Requests} requests were not answered in time and are cut off")]
    private static partial void LogCut(ILogger logger, int requests);

    [LoggerMessage(LogLevel.Information, "stopped")]
    private static partial void LogStopped(ILogger logger);

    private sealed class NoLifetime : IHostLifetime
    {
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
