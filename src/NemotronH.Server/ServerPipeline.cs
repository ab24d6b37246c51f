using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using NemotronH.Server.Errors;
using NemotronH.Server.Security;

namespace NemotronH.Server;

/// <summary>What every request goes through before an endpoint sees it.</summary>
internal static class ServerPipeline
{
    /// <summary>Sets up the limits and the checks.</summary>
    /// <exception cref="NemotronHException">A key cannot be one.</exception>
    internal static void AddGuards(this WebApplicationBuilder builder, ServerOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel => Limit(kestrel, options));
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(new ApiKeyRing(options.ApiKeys));
        builder.Services.AddRouting();
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. options.AllowedOrigins])
            .WithMethods("GET", "POST")
            .AllowAnyHeader()
            .WithExposedHeaders("Retry-After")));
    }

    /// <summary>Puts the checks in front of the endpoints, those first that cost least.</summary>
    internal static void UseGuards(this WebApplication app, ServerOptions options)
    {
        app.Use((HttpContext context, RequestDelegate next) =>
        {
            SecurityHeaders.Add(context.Response);
            return next(context);
        });
        app.UseMiddleware<ErrorResponses>();
        app.UseMiddleware<HostCheck>();
        app.UseMiddleware<OriginCheck>();
        app.UseRouting();
        if (options.AllowedOrigins.Count > 0)
        {
            app.UseCors();
        }

        app.UseMiddleware<ApiKeyCheck>();
    }

    private static void Limit(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MaxRequestBytes;
        kestrel.Limits.MaxRequestHeadersTotalSize = options.MaxHeaderBytes;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
    }
}
