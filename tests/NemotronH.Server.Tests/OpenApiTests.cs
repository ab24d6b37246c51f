using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Server.Errors;
using NemotronH.Server.Requests;
using NemotronH.Server.Tests.Support;

namespace NemotronH.Server.Tests;

/// <summary>The description of the endpoints against the endpoints.</summary>
public sealed class OpenApiTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Fact]
    public async Task Every_path_is_answered_as_described()
    {
        JsonElement document = JsonElement.Parse(await server.Client.GetStringAsync("/openapi.json"));

        foreach (JsonProperty path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (JsonProperty operation in path.Value.EnumerateObject())
            {
                using var request = new HttpRequestMessage(new HttpMethod(operation.Name.ToUpperInvariant()), path.Name.Replace("{name}", "tiny"));
                using HttpResponseMessage response = await server.Client.SendAsync(request);
                int status = (int)response.StatusCode;
                Assert.True(status is 200 or 415, $"{operation.Name} {path.Name}: {status}");
            }
        }
    }

    [Theory]
    [InlineData("ChatRequest", """{"messages":[{"role":"user","content":"Hi"}]}""")]
    [InlineData("CompletionRequest", """{"prompt":"Hi"}""")]
    public async Task Every_parameter_that_is_described_is_known(string schema, string least)
    {
        JsonElement document = JsonElement.Parse(await server.Client.GetStringAsync("/openapi.json"));

        foreach (JsonProperty parameter in document.GetProperty("components").GetProperty("schemas").GetProperty(schema).GetProperty("properties").EnumerateObject())
        {
            // An object with an unknown property is wrong for every parameter, but an unknown parameter is refused as such.
            JsonObject body = Bodies.Parse(least);
            body[parameter.Name] = Bodies.Parse("""{"nonsense": [{}]}""");
            ApiException? error = Record.Exception(() => Read(schema, JsonElement.Parse(body.ToJsonString()))) as ApiException;
            Assert.True(error?.Error.Code != "unknown_parameter" || error.Error.Param != parameter.Name, parameter.Name);
            Assert.NotEqual("unsupported_parameter", error?.Error.Code);
        }
    }

    private static object Read(string schema, JsonElement body) => schema == "ChatRequest"
        ? ChatRequestReader.Read(body, new ServerOptions())
        : CompletionRequestReader.Read(body, new ServerOptions());
}
