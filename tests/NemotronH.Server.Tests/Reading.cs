using System.Text.Json;
using System.Text.Json.Nodes;
using NemotronH.Server.Errors;
using NemotronH.Server.Requests;

namespace NemotronH.Server.Tests;

/// <summary>Reads requests from JSON text.</summary>
internal static class Reading
{
    public const string Messages = """[{"role":"user","content":"Hi"}]""";

    public static ChatRequest Chat(string json) => ChatRequestReader.Read(JsonElement.Parse(json), new ServerOptions());

    public static CompletionRequest Completion(string json) => CompletionRequestReader.Read(JsonElement.Parse(json), new ServerOptions());

    /// <summary>A chat request with one message and a further parameter.</summary>
    public static ChatRequest ChatWith(string parameter) => Chat($$"""{"messages":{{Messages}},{{parameter}}}""");

    /// <summary>Reading fails with 400.</summary>
    public static ApiError Fails(Action read)
    {
        var exception = Assert.Throws<ApiException>(read);
        Assert.Equal(400, exception.Status);
        Assert.Equal("invalid_request_error", exception.Error.Type);
        Assert.DoesNotContain(exception.Message, char.IsControl);
        Assert.InRange(exception.Message.Length, 10, 400);
        return exception.Error;
    }

    public static bool Same(string json, JsonElement element) =>
        JsonNode.DeepEquals(JsonNode.Parse(json), JsonNode.Parse(element.GetRawText()));
}
