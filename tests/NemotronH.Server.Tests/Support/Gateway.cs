using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace NemotronH.Server.Tests.Support;

/// <summary>YARP in front of two replicas, with the configuration that docs/serving.md shows.</summary>
internal sealed partial class Gateway : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Gateway(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public static async Task<Gateway> StartAsync(Uri first, Uri second)
    {
        string documentation = await File.ReadAllTextAsync(Path.Join(AppContext.BaseDirectory, "serving.md"));
        string settings = Settings().Match(documentation).Groups[1].Value
            .Replace("http://10.0.0.1:8000/", first.ToString(), StringComparison.Ordinal)
            .Replace("http://10.0.0.2:8000/", second.ToString(), StringComparison.Ordinal);
        Assert.Contains(first.ToString(), settings);
        Assert.Contains(second.ToString(), settings);

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(settings));
        IConfiguration configuration = new ConfigurationBuilder()
            .AddJsonStream(stream)
            .AddInMemoryCollection([new("ReverseProxy:Clusters:replicas:HealthCheck:Active:Interval", "00:00:00.2")])
            .Build();
        builder.Services.AddReverseProxy().LoadFromConfig(configuration.GetSection("ReverseProxy"));
        WebApplication app = builder.Build();
        app.MapReverseProxy();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new Gateway(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [GeneratedRegex("```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Settings();
}
