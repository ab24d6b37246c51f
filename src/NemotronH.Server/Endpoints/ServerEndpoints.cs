using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NemotronH.Server.Protocol;
using NemotronH.Server.Security;
using NemotronH.Server.Serving;
using NemotronH.Server.Telemetry;

namespace NemotronH.Server.Endpoints;

/// <summary>Which path is answered by what.</summary>
internal static class ServerEndpoints
{
    /// <summary>Probes may ask for the status alone.</summary>
    private static readonly string[] GetOrHead = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps all paths.</summary>
    internal static void Map(IEndpointRouteBuilder routes, ServerOptions options)
    {
        IServiceProvider services = routes.ServiceProvider;
        var generation = Get<GenerationServices>(services);
        routes.MapPost("/v1/chat/completions", new ChatEndpoint(generation).AnswerAsync);
        routes.MapPost("/v1/completions", new CompletionEndpoint(generation).AnswerAsync);
        var tokenize = Get<TokenizeEndpoints>(services);
        routes.MapPost("/tokenize", tokenize.TokenizeAsync);
        routes.MapPost("/detokenize", tokenize.DetokenizeAsync);
        MapModels(routes, services.GetRequiredService<ServedModel>());
        MapVersion(routes);
        MapHealth(routes, services.GetRequiredService<ServedModel>(), services.GetRequiredService<Admissions>());
        MapMetrics(routes, options, services.GetRequiredService<ServedModel>(), services.GetRequiredService<ServerMetrics>());
        foreach (EmbeddedAsset asset in EmbeddedAsset.All)
        {
            routes.MapMethods(asset.Path, GetOrHead, asset.SendAsync).WithMetadata(OpenEndpoint.Mark);
        }
    }

    private static void MapModels(IEndpointRouteBuilder routes, ServedModel model)
    {
        var card = new ModelCard(model.Name, model.Created, model.Engine.MaxContext);
        routes.MapGet("/v1/models", (HttpContext context) => context.Response.WriteAsJsonAsync(
            new ModelList([card]), ServerJson.Plain.ModelList, cancellationToken: context.RequestAborted));

        // Names may have slashes; clients that encode them find theirs, too.
        routes.MapGet("/v1/models/{**name}", (HttpContext context) =>
        {
            var name = (string?)context.Request.RouteValues["name"];
            model.Require(name?.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase));
            return context.Response.WriteAsJsonAsync(card, ServerJson.Plain.ModelCard, cancellationToken: context.RequestAborted);
        });
    }

    private static void MapVersion(IEndpointRouteBuilder routes)
    {
        // Behind a '+' stands the commit.
        string version = typeof(ServerEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        var info = new VersionInfo(version.Split('+')[0]);
        routes.MapGet("/version", (HttpContext context) => context.Response.WriteAsJsonAsync(
            info, ServerJson.Plain.VersionInfo, cancellationToken: context.RequestAborted));
    }

    /// <summary>Alive: it answers at all and its engine works. Ready: it takes requests.</summary>
    private static void MapHealth(IEndpointRouteBuilder routes, ServedModel model, Admissions admissions)
    {
        Map("/health/live", () => !model.Engine.HasFailed);
        Map("/health/ready", IsReady);
        Map("/health", IsReady);

        bool IsReady() => admissions.IsOpen && !model.Engine.HasFailed;

        void Map(string path, Func<bool> isWell) => routes.MapMethods(path, GetOrHead, (HttpContext context) =>
        {
            bool well = isWell();
            context.Response.StatusCode = well ? 200 : 503;
            context.Response.Headers.CacheControl = "no-store";
            return context.Response.WriteAsJsonAsync(
                new HealthStatus(well ? "ok" : "unavailable"), ServerJson.Plain.HealthStatus, cancellationToken: context.RequestAborted);
        }).WithMetadata(OpenEndpoint.Mark);
    }

    private static void MapMetrics(IEndpointRouteBuilder routes, ServerOptions options, ServedModel model, ServerMetrics metrics)
    {
        IEndpointConventionBuilder endpoint = routes.MapGet("/metrics", (HttpContext context) =>
        {
            context.Response.ContentType = MetricsReport.ContentType;
            return context.Response.WriteAsync(MetricsReport.Write(model, metrics), context.RequestAborted);
        });
        if (options.OpenMetrics)
        {
            endpoint.WithMetadata(OpenEndpoint.Mark);
        }
    }

    private static T Get<T>(IServiceProvider services) => ActivatorUtilities.CreateInstance<T>(services);
}
