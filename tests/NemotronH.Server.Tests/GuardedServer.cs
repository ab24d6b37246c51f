using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NemotronH.Server.Errors;
using NemotronH.Server.Requests;
using NemotronH.Server.Security;

namespace NemotronH.Server.Tests;

/// <summary>A server on a port of its own with the guards in front of a few endpoints.</summary>
internal sealed class GuardedServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GuardedServer(WebApplication app)
    {
        _app = app;
        Client = new HttpClient { BaseAddress = Address };
    }

    public Uri Address => new(_app.Urls.Single());

    public HttpClient Client { get; }

    public static async Task<GuardedServer> StartAsync(ServerOptions? options = null)
    {
        options ??= new ServerOptions();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.AddGuards(options);
        WebApplication app = builder.Build();
        app.UseGuards(options);
        app.MapGet("/open", () => "open").WithMetadata(OpenEndpoint.Mark);
        app.MapGet("/health/{**kind}", () => "ok").WithMetadata(OpenEndpoint.Mark);
        app.MapGet("/closed", () => "closed");
        app.MapPost("/read", async (HttpContext context) =>
        {
            using JsonDocument body = await RequestBody.ReadAsync(context.Request, context.RequestAborted);
            return body.RootElement.GetRawText().Length.ToString();
        });
        app.MapGet("/defect", string () => throw new InvalidOperationException("secret of the house"));
        app.MapGet("/refusal", string () => throw new RequestException("the prompt has 9 tokens; expected at most 8"));
        app.MapGet("/defect/known", string () => throw new NemotronHException("no token is left to choose"));
        app.MapGet("/busy", string () => throw ApiException.Busy("64 requests are waiting", TimeSpan.FromSeconds(2.5)));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new GuardedServer(app);
    }

    public async Task<ApiError> FailAsync(HttpRequestMessage request, HttpStatusCode status)
    {
        using HttpResponseMessage response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return await ReadErrorAsync(response, status);
    }

    public static async Task<ApiError> ReadErrorAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        string body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == status, $"{response.StatusCode}: {body}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        JsonElement error = JsonDocument.Parse(body).RootElement.GetProperty("error");
        return new ApiError(Text("message")!, Text("type")!, Text("param"), Text("code"));

        string? Text(string name) => error.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
